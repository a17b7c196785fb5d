public import MRDLCore
internal import MRDLModel

/// ONNX Flatten: the same elements as a matrix. The axes before `axis` (1 unless given) become its rows,
/// the others its columns: `[N, C, H, W]` becomes `[N, C·H·W]`.
public struct Flatten: Operator {
  public static let name = "Flatten"
  public static let inputCount = 1...1

  let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: 1)
  }

  public var isView: Bool { true }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .stored)
    guard let shape = data.shape else {
      return [ValueFacts(data.scalarType, SymbolicShape([.unknown, .unknown]))]
    }
    let split = axis < 0 ? axis + shape.rank : axis
    guard (0...shape.rank).contains(split) else {
      throw operands.badAttribute(
        "an axis is out of range", found: "\(axis)", expected: "\(-shape.rank) to \(shape.rank)")
    }
    return [
      ValueFacts(
        data.scalarType,
        SymbolicShape([
          .product(shape.dimensions[..<split]), .product(shape.dimensions[split...]),
        ]))
    ]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel { ViewKernel() }
}
