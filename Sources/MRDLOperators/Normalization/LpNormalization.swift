public import MRDLCore
internal import MRDLModel

/// ONNX LpNormalization: elements divided by the norm of their line along `axis` (-1 unless given): the sum
/// of the magnitudes for `p` 1, the root of the sum of the squares for 2. A line of zeros stays.
public struct LpNormalization: Operator {
  public static let name = "LpNormalization"
  public static let inputCount = 1...1

  private let axis: Int
  private let power: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: -1)
    power = try attributes.integer("p", default: 2, in: 1...2)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    if let rank = data.rank { _ = try operands.axis(axis, rank: rank) }
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    return LpNormalizationKernel(
      lines: shape.normalizedAxis(axis).map { shape.lines(along: $0) } ?? (1, 1, 1), power: power,
      type: type)
  }
}

private struct LpNormalizationKernel: Kernel {
  let lines: (outer: Int, length: Int, inner: Int)
  let power: Int
  let type: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0), output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: LpNormalizationKernel
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let (outer, length, inner) = kernel.lines
      for line in 0..<(outer * inner) {
        let start = line / inner * length * inner + line % inner
        var norm = 0.0
        for index in 0..<length {
          let value = x[start + index * inner].real
          norm += kernel.power == 1 ? abs(value) : value * value
        }
        if kernel.power == 2 { norm = norm.squareRoot() }
        if norm == 0 { norm = 1 }
        for index in 0..<length {
          let place = start + index * inner
          y[place] = Number(nearest: x[place].real / norm)
        }
      }
    }
  }
}
