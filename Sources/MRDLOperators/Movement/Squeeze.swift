public import MRDLCore
internal import MRDLModel

/// ONNX Squeeze: the same elements without some axes of extent 1.
///
/// Inputs: the data, and optionally the axes to remove; without them all axes of extent 1 go.
public struct Squeeze: Operator {
  public static let name = "Squeeze"
  public static let inputCount = 1...2

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public var isView: Bool { true }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .stored)
    guard let shape = data.shape else { return [ValueFacts(data.scalarType, nil)] }
    guard operands.optional(1) != nil else {
      // Whether an axis goes cannot be told where its extent is not known.
      guard shape.dimensions.allSatisfy({ $0.value != nil }) else {
        return [ValueFacts(data.scalarType, nil)]
      }
      let kept = shape.dimensions.filter { $0 != 1 }
      return [ValueFacts(data.scalarType, SymbolicShape(kept))]
    }
    _ = try operands.shape(1, rank: 0...1)
    guard let given = try operands.integers(1) else { return [ValueFacts(data.scalarType, nil)] }
    let axes = try operands.axes(given, rank: shape.rank)
    for axis in axes {
      _ = try operands.unify(shape[axis], 1, "an axis that is removed has more than one element")
    }
    let kept = shape.dimensions.indices.filter { !axes.contains($0) }.map { shape[$0] }
    return [ValueFacts(data.scalarType, SymbolicShape(kept))]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel { ViewKernel() }
}
