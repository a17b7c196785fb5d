public import MRDLCore
public import MRDLOperators

/// y = softmax x along an axis (3-6): δxᵢ = yᵢ (δyᵢ − Σⱼ δyⱼ yⱼ).
public enum SoftmaxRule: GradientRule {
  public static let operatorName = "Softmax"
  public static let backwardOperators: [any Operator.Type] = [SoftmaxGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(
      of: 0,
      to: step.add(SoftmaxGradient.self, [residual, step.outputNames[0]], step.attributes))
  }
}

/// The residual of Softmax's input from that of its output and the output.
public struct SoftmaxGradient: BackwardOperator {
  public static let name = "SoftmaxGradient"

  let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: -1)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let lines = try AxisLines(request, axis: axis)
    return try request.real(
      float32: RowGradientKernel<Float>(lines: lines, rows: Float.softmaxBackward),
      float64: RowGradientKernel<Double>(lines: lines, rows: Double.softmaxBackward))
  }
}
