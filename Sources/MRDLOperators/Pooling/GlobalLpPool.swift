public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX GlobalLpPool: the norm (Σ |x|ᵖ)^(1/p) over all spatial axes of X [N, C, …], which stay with an
/// extent of one.
public struct GlobalLpPool: Operator {
  public static let name = "GlobalLpPool"
  public static let inputCount = 1...1

  private let power: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    power = try attributes.integer("p", default: 2)
    guard power > 0 else { throw attributes.wrongValue("p", "\(power)", "1 or more") }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    guard let input = try operands.shape(0, rank: 2...Int.max) else {
      return [ValueFacts(data.scalarType, nil)]
    }
    return [
      ValueFacts(
        data.scalarType,
        SymbolicShape(input.dimensions.enumerated().map { $0.offset < 2 ? $0.element : 1 }))
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    let volume = shape.dimensions[2...].reduce(1, *)
    return NormPoolingKernel(
      type: type, planes: shape[0] * shape[1],
      window: Window(
        input: [volume], output: [1], kernel: [max(volume, 1)], strides: [1], dilations: [1],
        padsBegin: [0], padsEnd: [0]), power: power)
  }
}
