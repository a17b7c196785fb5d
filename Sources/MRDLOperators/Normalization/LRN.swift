public import MRDLCore
internal import MRDLModel

/// ONNX LRN: local response normalisation, Y = X / (bias + alpha / size · Σ X²) ^ beta with the sum over
/// `size` neighbouring channels.
public struct LRN: Operator {
  public static let name = "LRN"
  public static let inputCount = 1...1

  private let size: Int
  private let alpha: Double
  private let beta: Double
  private let bias: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    guard let size = try attributes.integer("size") else { throw attributes.missing("size") }
    guard size > 0 else { throw attributes.wrongValue("size", "\(size)", "1 or more") }
    self.size = size
    alpha = try attributes.float("alpha", default: 1e-4)
    beta = try attributes.float("beta", default: 0.75)
    bias = try attributes.float("bias", default: 1)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    return [ValueFacts(data.scalarType, try operands.shape(0, rank: 2...Int.max))]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    return LRNKernel(
      lines: request.inputShape(0).lines(along: 1), before: (size - 1) / 2, behind: size / 2,
      factor: alpha / Double(size), beta: beta, bias: bias, type: type)
  }
}

private struct LRNKernel: Kernel {
  let lines: (outer: Int, length: Int, inner: Int)
  /// Neighbours before a channel.
  let before: Int
  /// Neighbours behind a channel.
  let behind: Int
  let factor: Double
  let beta: Double
  let bias: Double
  let type: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0), output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: LRNKernel
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let (outer, length, inner) = kernel.lines
      for line in 0..<(outer * inner) {
        let start = line / inner * length * inner + line % inner
        for channel in 0..<length {
          var squares = 0.0
          let last = min(length - 1, channel + kernel.behind)
          for neighbour in max(0, channel - kernel.before)...last {
            let value = x[start + neighbour * inner].real
            squares += value * value
          }
          let place = start + channel * inner
          y[place] = Number(
            nearest: x[place].real / power(kernel.bias + kernel.factor * squares, kernel.beta))
        }
      }
    }
  }
}
