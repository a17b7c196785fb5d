public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// Y = X ∗ W + b. The residual of the input is the full convolution of δ with W rotated by 180°, that of the
/// weights the VALID convolution of X with δ, that of the bias the sum of δ over the batch and all places:
/// the way back from layer 4 to layer 3 of the source's network.
public enum ConvRule: GradientRule {
  public static let operatorName = "Conv"
  public static let backwardOperators: [any Operator.Type] = [
    ConvInputGradient.self, ConvWeightGradient.self, ChannelSum.self,
  ]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let operands = [residual, step.inputNames[0], step.inputNames[1]]
    if step.needs(0) {
      step.setResidual(of: 0, to: step.add(ConvInputGradient.self, operands, step.attributes))
    }
    if step.needs(1) {
      step.setResidual(of: 1, to: step.add(ConvWeightGradient.self, operands, step.attributes))
    }
    if step.needs(2) { step.setResidual(of: 2, to: step.add(ChannelSum.self, [residual])) }
  }
}

/// A backward operator of Conv with its attributes: inputs are the residual of the output, the input and the
/// weights.
protocol ConvGradient: Operator {
  var convolution: Conv { get }
  /// Which of the inputs lends the shape of the result.
  static var resultIndex: Int { get }
}

extension ConvGradient {
  public static var domain: String { OperatorSet.mrdlDomain }
  public static var inputCount: ClosedRange<Int> { 3...3 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType(0..<3, among: .realNumbers)
    return [try operands.required(Self.resultIndex).withoutContent]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let weights = inputs[2]?.concreteShape, let residual = inputs[0]?.concreteShape else {
      return Cost()
    }
    return Cost(
      multiplyAdds: residual.elementCount * weights.dimensions.dropFirst().reduce(1, *))
  }

  func geometry(_ request: KernelRequest) -> ConvolutionGeometry {
    let input = request.inputShape(1)
    let weights = request.inputShape(2)
    return ConvolutionGeometry(
      batchCount: input[0], inputChannels: input[1], outputChannels: weights[0],
      groupCount: convolution.group,
      window: convolution.window.window(
        input: Array(input.dimensions[2...]), kernel: Array(weights.dimensions[2...])))
  }
}

/// The residual of Conv's input.
public struct ConvInputGradient: ConvGradient {
  public static let name = "ConvInputGradient"
  static let resultIndex = 1

  let convolution: Conv

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    convolution = try Conv(attributes: &attributes)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let geometry = geometry(request)
    return try request.real(
      float32: WinogradInputGradient(geometry) ?? Self.product(geometry, Float.self),
      float64: Self.product(geometry, Double.self))
  }

  private static func product<Element: RealElement>(
    _ geometry: ConvolutionGeometry, _: Element.Type
  ) -> any Kernel {
    ShiftedInputGradient<Element>(geometry) ?? ConvolutionInputGradient<Element>(geometry)
  }
}

/// The residual of Conv's weights.
public struct ConvWeightGradient: ConvGradient {
  public static let name = "ConvWeightGradient"
  static let resultIndex = 2

  let convolution: Conv

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    convolution = try Conv(attributes: &attributes)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let geometry = geometry(request)
    return try request.real(
      float32: ShiftedWeightGradient<Float>(geometry) ?? ConvolutionWeightGradient<Float>(geometry),
      float64: ShiftedWeightGradient<Double>(geometry)
        ?? ConvolutionWeightGradient<Double>(geometry))
  }
}
