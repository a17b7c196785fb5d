public import MRDLCore
public import MRDLOperators

/// −[y ln h + (1 − y) ln(1 − h)] with h = sigmoid(z) (2-4), (2-5), summed over the numbers of a sample and
/// averaged over the batch, or summed over it with `reduction` "sum".
///
/// The sigmoid is folded in: from logits z it is max(z, 0) − z y + ln(1 + e^−|z|), which never overflows.
public struct BinaryCrossEntropyLoss: LossOperator {
  public static let name = "BinaryCrossEntropyLoss"
  static let takesClasses = false

  let reduction: LossReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let targets = LossTargets(request, first: 0)
    let factor = reduction.factor(sampleCount: targets.batchCount)
    return try request.real(
      float32: BinaryCrossEntropyLossKernel<Float>(targets: targets, factor: factor),
      float64: BinaryCrossEntropyLossKernel<Double>(targets: targets, factor: factor))
  }
}

private struct BinaryCrossEntropyLossKernel<Element: RealElement>: Kernel {
  let targets: LossTargets
  let factor: Double

  /// −|z|, then its exponential plus 1, then the logarithm of that.
  var workspaceByteCount: Int { targets.elementCount * MemoryLayout<Element>.stride }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let logits = arguments.input(0, as: Element.self)
    let values = arguments.input(1, as: Element.self)
    let scratch = arguments.workspace.assumingMemoryBound(to: Element.self)
    var sum = 0.0
    if let line = scratch.baseAddress {
      for index in 0..<logits.count { line[index] = -abs(logits[index]) }
      Element.exponential(logits.count, line, line)
      for index in 0..<logits.count { line[index] += 1 }
      Element.logarithm(logits.count, line, line)
      for index in 0..<logits.count {
        let logit = Double(logits[index])
        let loss = max(logit, 0) - logit * Double(values[index]) + Double(line[index])
        if targets.weighting == nil {
          sum += loss
        } else {
          let weights = arguments.input(2, as: Element.self)
          sum += Double(weights[targets.weightIndex(ofElement: index)]) * loss
        }
      }
    }
    let factor = factor * targets.weightFactor(arguments, input: 2, as: Element.self)
    arguments.output(0, as: Element.self)[0] = Element(sum * factor)
  }
}

/// The residual of the logits is sigmoid(z) − y (2-6).
public enum BinaryCrossEntropyLossRule: GradientRule {
  public static let operatorName = "BinaryCrossEntropyLoss"
  public static let domain = OperatorSet.mrdlDomain
  public static let backwardOperators: [any Operator.Type] = [BinaryCrossEntropyLossGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.passLoss(BinaryCrossEntropyLossGradient.self)
  }
}

/// The residual of the logits of BinaryCrossEntropyLoss.
public struct BinaryCrossEntropyLossGradient: LossGradient {
  public static let name = "BinaryCrossEntropyLossGradient"
  static let takesClasses = false

  let reduction: LossReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let targets = LossTargets(request, first: 1)
    let factor = reduction.factor(sampleCount: targets.batchCount)
    return try request.real(
      1, float32: BinaryCrossEntropyLossGradientKernel<Float>(targets: targets, factor: factor),
      float64: BinaryCrossEntropyLossGradientKernel<Double>(targets: targets, factor: factor))
  }
}

private struct BinaryCrossEntropyLossGradientKernel<Element: RealElement>: Kernel {
  let targets: LossTargets
  let factor: Double

  var inPlacePairs: [(input: Int, output: Int)] { [(1, 0)] }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let factor = factor * targets.weightFactor(arguments, input: 3, as: Element.self)
    let slope = arguments.input(0, as: Element.self)[0] * Element(factor)
    let logits = arguments.input(1, as: Element.self)
    let values = arguments.input(2, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    guard let from = logits.baseAddress, let to = result.baseAddress else { return }
    Element.sigmoid(result.count, from, to)
    for index in 0..<result.count { to[index] = slope * (to[index] - values[index]) }
    if targets.weighting != nil {
      let weights = arguments.input(3, as: Element.self)
      for index in 0..<result.count { to[index] *= weights[targets.weightIndex(ofElement: index)] }
    }
  }
}
