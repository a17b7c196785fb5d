public import MRDLCore
internal import MRDLModel

/// ONNX BitCast: the same bits taken for elements of another type of the same size, the number `to` among
/// ONNX's types.
public struct BitCast: Operator {
  public static let name = "BitCast"
  public static let inputCount = 1...1

  private let target: ScalarType

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    guard let code = try attributes.integer("to") else { throw attributes.missing("to") }
    guard let type = ScalarType(onnxCode: code) else {
      throw attributes.wrongValue("to", "\(code)", "the number of a type of numbers")
    }
    target = type
  }

  public var isView: Bool { true }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0)
    guard data.scalarType.bitWidth == target.bitWidth else {
      throw operands.badAttribute(
        "the types have elements of different sizes",
        found: "\(data.scalarType.rawValue) as \(target.rawValue)")
    }
    return [ValueFacts(target, data.shape)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel { ViewKernel() }
}
