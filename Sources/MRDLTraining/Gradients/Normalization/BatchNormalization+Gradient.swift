public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
public import MRDLOperators

/// BatchNormalization with fixed averages, y = γ (x − mean) / √(var + ε) + β: δx = γ δy / √(var + ε),
/// δβ = Σ δy, δγ = Σ δy (x − mean) / √(var + ε), δmean = −γ Σ δy / √(var + ε), and
/// δvar = −½ γ Σ δy (x − mean) / (var + ε)^{3/2}.
public enum BatchNormalizationRule: GradientRule {
  public static let operatorName = "BatchNormalization"
  public static let backwardOperators: [any Operator.Type] = [BatchNormalizationGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let wanted = (0..<5).map { step.needs($0) }
    var attributes: [String: AttributeValue] = [:]
    if let epsilon = step.attributes["epsilon"] { attributes["epsilon"] = epsilon }
    let inputs = step.inputNames
    let residuals = step.add(
      BatchNormalizationGradient.self, [residual, inputs[0], inputs[1], inputs[3], inputs[4]],
      attributes, outputs: wanted)
    for (input, name) in residuals.enumerated() where !name.isEmpty {
      step.setResidual(of: input, to: name)
    }
  }
}

/// The residuals of X, scale, B, mean and var: inputs are the residual of Y, X, scale, mean and var.
public struct BatchNormalizationGradient: Operator {
  public static let name = "BatchNormalizationGradient"
  public static let domain = OperatorSet.mrdlDomain
  public static let inputCount = 5...5
  public static let outputCount = 1...5

  let epsilon: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    epsilon = try attributes.float("epsilon", default: 1e-5)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType(0..<5, among: .realNumbers)
    let channels = try operands.required(2).withoutContent
    return Array(
      ([try operands.required(1).withoutContent] + Array(repeating: channels, count: 4))
        .prefix(operands.outputCount))
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try request.real(
      float32: BatchNormalizationGradientKernel<Float>(request.inputShape(1), epsilon),
      float64: BatchNormalizationGradientKernel<Double>(request.inputShape(1), epsilon))
  }
}

private struct BatchNormalizationGradientKernel<Element: RealElement>: Kernel {
  let statistics: BatchStatistics<Element>
  let epsilon: Double

  init(_ shape: Shape, _ epsilon: Double) {
    self.epsilon = epsilon
    statistics = BatchStatistics(shape)
  }

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let residuals = arguments.input(0, as: Element.self).baseAddress,
      let values = arguments.input(1, as: Element.self).baseAddress
    else { return }
    let scale = arguments.input(2, as: Element.self)
    let mean = arguments.input(3, as: Element.self)
    let variance = arguments.input(4, as: Element.self)
    let result = arguments.output(0, as: Element.self).baseAddress
    let scaleResidual = arguments.output(1, as: Element.self)
    let offsetResidual = arguments.output(2, as: Element.self)
    let meanResidual = arguments.output(3, as: Element.self)
    let varianceResidual = arguments.output(4, as: Element.self)
    statistics.forEachChannel(threadLimit: arguments.threadLimit) { channel in
      let moments = statistics.residualMoments(
        of: channel, mean: mean[channel], values, residuals)
      let inverse = 1 / (Double(variance[channel]) + epsilon).squareRoot()
      let factor = Double(scale[channel]) * inverse
      statistics.put(moments.product * inverse, of: channel, to: scaleResidual)
      statistics.put(moments.sum, of: channel, to: offsetResidual)
      statistics.put(-factor * moments.sum, of: channel, to: meanResidual)
      statistics.put(
        -factor * inverse * inverse * moments.product / 2, of: channel, to: varianceResidual)
      if let result { statistics.blend(channel, factor, residuals, 0, residuals, 0, result) }
    }
  }
}
