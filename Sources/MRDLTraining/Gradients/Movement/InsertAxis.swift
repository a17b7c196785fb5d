public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// The same elements with one more axis of one element; the attribute counts axes of the result.
public struct InsertAxis: Operator {
  public static let name = "InsertAxis"
  public static let domain = OperatorSet.mrdlDomain
  public static let inputCount = 1...1

  let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    guard let axis = try attributes.integer("axis") else { throw attributes.missing("axis") }
    self.axis = axis
  }

  public var isView: Bool { true }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let value = try operands.required(0)
    guard var dimensions = value.shape?.dimensions else {
      return [ValueFacts(value.scalarType, nil)]
    }
    let position = axis < 0 ? axis + dimensions.count + 1 : axis
    guard (0...dimensions.count).contains(position) else {
      throw operands.badAttribute(
        "an axis lies outside the tensor", found: "\(axis)",
        expected: "one of \(dimensions.count + 1) axes")
    }
    dimensions.insert(1, at: position)
    return [ValueFacts(value.scalarType, SymbolicShape(dimensions))]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel { ViewKernel() }
}
