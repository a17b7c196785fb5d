public import MRDLCore
internal import MRDLModel

/// ONNX MeanVarianceNormalization: (X − mean) / (deviation + 10⁻⁹) with the statistics along `axes`, 0, 2
/// and 3 unless given.
public struct MeanVarianceNormalization: Operator {
  public static let name = "MeanVarianceNormalization"
  public static let inputCount = 1...1

  private let axes: [Int]

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axes = try attributes.integers("axes") ?? [0, 2, 3]
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    if let rank = data.rank { _ = try operands.axes(axes, rank: rank) }
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    let axes = try Operands(request.inputs, outputCount: 1, place: request.place)
      .axes(axes, rank: shape.rank).sorted()
    return MeanVarianceKernel(
      starts: shape.offsets(along: (0..<shape.rank).filter { !axes.contains($0) }),
      steps: shape.offsets(along: axes), type: type)
  }
}

private struct MeanVarianceKernel: Kernel {
  /// Where each line begins.
  let starts: [Int]
  /// Where the elements of a line lie behind its beginning.
  let steps: [Int]
  let type: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0), output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: MeanVarianceKernel
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let count = Double(kernel.steps.count)
      for line in kernel.starts {
        let mean = kernel.steps.reduce(0.0) { $0 + x[line + $1].real } / count
        let variance =
          kernel.steps.reduce(0.0) { sum, step in
            let difference = x[line + step].real - mean
            return sum + difference * difference
          } / count
        let divisor = variance.squareRoot() + 1e-9
        for step in kernel.steps {
          y[line + step] = Number(nearest: (x[line + step].real - mean) / divisor)
        }
      }
    }
  }
}
