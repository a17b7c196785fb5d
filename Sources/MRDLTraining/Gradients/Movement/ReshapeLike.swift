public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// The elements of input 0 in the shape of input 1, which lends nothing else.
public struct ReshapeLike: BackwardOperator {
  public static let name = "ReshapeLike"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public var isView: Bool { true }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let value = try operands.required(0)
    let like = try operands.required(1)
    if let from = value.concreteShape, let to = like.concreteShape,
      from.elementCount != to.elementCount
    {
      throw operands.shapeMismatch(
        "a shape cannot be brought into another", found: "\(from) to \(to)")
    }
    return [ValueFacts(value.scalarType, like.shape)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel { ViewKernel() }
}

extension GradientStep {
  /// Gives input 0 the residual of the output in its own shape: what every operator passes back that
  /// changes nothing but the shape (from layer 6 to layer 5 of the source's network).
  mutating func passReshaped() throws(MRDLError) {
    if (1..<node.inputs.count).contains(where: { needs($0) }) {
      throw refusal("a shape has no derivative")
    }
    let residual = try outputResidual()
    if let from = outputs.first??.shape, let to = inputs.first??.shape, from == to,
      !to.dimensions.contains(.unknown)
    {
      setResidual(of: 0, to: residual)
    } else {
      setResidual(of: 0, to: add(ReshapeLike.self, [residual, node.inputs[0]]))
    }
  }
}
