public import MRDLCore

/// ONNX Softmax: hₖ = e^tₖ / Σ e^tᵢ along an axis, the last one unless given; equation (3-6).
public struct Softmax: Operator {
  public static let name = "Softmax"
  public static let inputCount = 1...1

  package let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: -1)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try SoftmaxKernel.infer(operands, axis: axis)
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    Cost(otherOperations: Cost.product(4, outputs[0]?.concreteShape?.elementCount ?? 0))
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try SoftmaxKernel(request, axis: axis, isLogarithmic: false)
  }
}
