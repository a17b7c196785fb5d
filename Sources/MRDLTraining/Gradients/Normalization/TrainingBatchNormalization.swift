public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
public import MRDLOperators

/// BatchNormalization in training (Ioffe and Szegedy, 2015): every channel is normalised by its own mean and
/// variance over the batch, and the running averages move towards them.
///
/// Inputs as those of BatchNormalization: X [N, C, …], scale, B, mean and var [C]. Outputs: Y; the running
/// averages after this step, average · momentum + batch · (1 − momentum), with the variance divided by the
/// number of elements, as ONNX has it; and mean and 1 / √(var + epsilon) of the batch, for the way back.
public struct TrainingBatchNormalization: Operator {
  public static let name = "TrainingBatchNormalization"
  public static let domain = OperatorSet.mrdlDomain
  public static let inputCount = 5...5
  public static let outputCount = 5...5

  let epsilon: Double
  let momentum: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    epsilon = try attributes.float("epsilon", default: 1e-5)
    momentum = try attributes.float("momentum", default: 0.9)
    _ = try attributes.flag("training_mode")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...4, among: .realNumbers)
    guard let shape = try operands.shape(0, rank: 2...Limits.standard.rank) else {
      return [ValueFacts(type, nil)]
        + Array(repeating: ValueFacts(type, SymbolicShape([.unknown])), count: 4)
    }
    return [ValueFacts(type, shape)]
      + Array(repeating: ValueFacts(type, SymbolicShape([shape[1]])), count: 4)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try request.real(
      float32: TrainingBatchNormalizationKernel<Float>(self, request.inputShape(0)),
      float64: TrainingBatchNormalizationKernel<Double>(self, request.inputShape(0)))
  }
}

private struct TrainingBatchNormalizationKernel<Element: RealElement>: Kernel {
  let normalization: TrainingBatchNormalization
  let statistics: BatchStatistics<Element>

  init(_ normalization: TrainingBatchNormalization, _ shape: Shape) {
    self.normalization = normalization
    statistics = BatchStatistics(shape)
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let values = arguments.input(0, as: Element.self).baseAddress,
      let result = arguments.output(0, as: Element.self).baseAddress
    else { return }
    let scale = arguments.input(1, as: Element.self)
    let offset = arguments.input(2, as: Element.self)
    let averages = (
      arguments.input(3, as: Element.self), arguments.input(4, as: Element.self)
    )
    let outputs = (
      newMean: arguments.output(1, as: Element.self),
      newVariance: arguments.output(2, as: Element.self),
      mean: arguments.output(3, as: Element.self),
      inverse: arguments.output(4, as: Element.self)
    )
    let momentum = normalization.momentum
    statistics.forEachChannel(threadLimit: arguments.threadLimit) { channel in
      let (mean, variance) = statistics.moments(of: channel, values)
      let inverse = 1 / (variance + normalization.epsilon).squareRoot()
      statistics.put(mean, of: channel, to: outputs.mean)
      statistics.put(inverse, of: channel, to: outputs.inverse)
      statistics.put(
        momentum * Double(averages.0[channel]) + (1 - momentum) * mean, of: channel,
        to: outputs.newMean)
      statistics.put(
        momentum * Double(averages.1[channel]) + (1 - momentum) * variance, of: channel,
        to: outputs.newVariance)
      let factor = Double(scale[channel]) * inverse
      statistics.blend(
        channel, factor, values, 0, values, Double(offset[channel]) - mean * factor, result)
    }
  }
}

/// With x̂ = (x − mean) / √(var + ε) over the M elements of a channel: δβ = Σ δy, δγ = Σ δy x̂, and
/// δx = γ / √(var + ε) (δy − δβ / M − x̂ δγ / M).
public enum TrainingBatchNormalizationRule: GradientRule {
  public static let operatorName = TrainingBatchNormalization.name
  public static let domain = OperatorSet.mrdlDomain
  public static let backwardOperators: [any Operator.Type] = [
    TrainingBatchNormalization.self, TrainingBatchNormalizationGradient.self,
  ]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let wanted = (0..<3).map { step.needs($0) }
    let residuals = step.add(
      TrainingBatchNormalizationGradient.self,
      [residual, step.inputNames[0], step.inputNames[1], step.outputNames[3], step.outputNames[4]],
      outputs: wanted)
    for (input, name) in residuals.enumerated() where !name.isEmpty {
      step.setResidual(of: input, to: name)
    }
  }
}

/// The residuals of X, scale and B: inputs are the residual of Y, X, scale, and mean and inverse deviation of
/// the batch.
public struct TrainingBatchNormalizationGradient: Operator {
  public static let name = "TrainingBatchNormalizationGradient"
  public static let domain = OperatorSet.mrdlDomain
  public static let inputCount = 5...5
  public static let outputCount = 1...3

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType(0..<5, among: .realNumbers)
    let channels = try operands.required(2).withoutContent
    return Array(
      [try operands.required(1).withoutContent, channels, channels].prefix(operands.outputCount))
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try request.real(
      float32: TrainingBatchNormalizationGradientKernel<Float>(request.inputShape(1)),
      float64: TrainingBatchNormalizationGradientKernel<Double>(request.inputShape(1)))
  }
}

private struct TrainingBatchNormalizationGradientKernel<Element: RealElement>: Kernel {
  let statistics: BatchStatistics<Element>

  init(_ shape: Shape) { statistics = BatchStatistics(shape) }

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let residuals = arguments.input(0, as: Element.self).baseAddress,
      let values = arguments.input(1, as: Element.self).baseAddress
    else { return }
    let scale = arguments.input(2, as: Element.self)
    let mean = arguments.input(3, as: Element.self)
    let inverse = arguments.input(4, as: Element.self)
    let result = arguments.output(0, as: Element.self).baseAddress
    let scaleResidual = arguments.output(1, as: Element.self)
    let offsetResidual = arguments.output(2, as: Element.self)
    let count = Double(max(statistics.elementCount, 1))
    statistics.forEachChannel(threadLimit: arguments.threadLimit) { channel in
      let moments = statistics.residualMoments(
        of: channel, mean: mean[channel], values, residuals)
      let deviation = Double(inverse[channel])
      statistics.put(moments.product * deviation, of: channel, to: scaleResidual)
      statistics.put(moments.sum, of: channel, to: offsetResidual)
      guard let result else { return }
      let a = Double(scale[channel]) * deviation
      let b = -a * deviation * deviation * moments.product / count
      statistics.blend(
        channel, a, residuals, b, values, -a * moments.sum / count - b * Double(mean[channel]),
        result)
    }
  }
}
