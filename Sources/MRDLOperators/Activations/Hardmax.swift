public import MRDLCore
internal import MRDLModel

/// ONNX Hardmax: 1 for the first of the largest elements along `axis` (-1 unless given), 0 elsewhere.
public struct Hardmax: Operator {
  public static let name = "Hardmax"
  public static let inputCount = 1...1

  private let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: -1)
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
    return HardmaxKernel(
      lines: shape.normalizedAxis(axis).map { shape.lines(along: $0) } ?? (1, 1, 1), type: type)
  }
}

private struct HardmaxKernel: Kernel {
  let lines: (outer: Int, length: Int, inner: Int)
  let type: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        lines: lines, input: arguments.inputBytes(0), output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let lines: (outer: Int, length: Int, inner: Int)
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      guard lines.length > 0 else { return }
      for line in 0..<(lines.outer * lines.inner) {
        let start = line / lines.inner * lines.length * lines.inner + line % lines.inner
        var best = 0
        for index in 0..<lines.length {
          let place = start + index * lines.inner
          y[place] = .zero
          if x[place] > x[start + best * lines.inner] { best = index }
        }
        y[start + best * lines.inner] = .one
      }
    }
  }
}
