public import MRDLCore
public import MRDLOperators

/// y = log softmax x along an axis: δxᵢ = δyᵢ − e^yᵢ Σⱼ δyⱼ.
public enum LogSoftmaxRule: GradientRule {
  public static let operatorName = "LogSoftmax"
  public static let backwardOperators: [any Operator.Type] = [LogSoftmaxGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(
      of: 0,
      to: step.add(
        LogSoftmaxGradient.self, [residual, step.outputNames[0]], step.attributes))
  }
}

/// The residual of LogSoftmax's input from that of its output and the output.
public struct LogSoftmaxGradient: BackwardOperator {
  public static let name = "LogSoftmaxGradient"

  let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: -1)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let lines = try AxisLines(request, axis: axis)
    return try request.real(
      float32: RowGradientKernel<Float>(lines: lines, rows: Float.logSoftmaxBackward),
      float64: RowGradientKernel<Double>(lines: lines, rows: Double.logSoftmaxBackward))
  }
}
