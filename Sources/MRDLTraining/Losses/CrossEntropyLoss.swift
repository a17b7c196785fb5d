public import MRDLCore
public import MRDLOperators

/// −Σₖ yₖ ln softmax(t)ₖ for each row of logits t, with the softmax (3-6) folded in, so that no exponential
/// overflows. Averaged over the rows, or summed with `reduction` "sum".
///
/// A target is the number of the class, or a probability for each class. With `label_smoothing` ε and K
/// classes, y becomes (1 − ε) y + ε / K (Szegedy et al., 2016).
public struct CrossEntropyLoss: LossOperator {
  public static let name = "CrossEntropyLoss"
  static let takesClasses = true

  let reduction: LossReduction
  private let smoothing: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
    smoothing = try LabelSmoothing.share(&attributes)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let targets = LossTargets(request, first: 0)
    let factor = reduction.factor(sampleCount: targets.rowCount)
    return try request.real(
      float32: CrossEntropyLossKernel<Float>(
        targets: targets, factor: factor, smoothing: smoothing),
      float64: CrossEntropyLossKernel<Double>(
        targets: targets, factor: factor, smoothing: smoothing))
  }
}

private struct CrossEntropyLossKernel<Element: RealElement>: Kernel {
  let targets: LossTargets
  let factor: Double
  let smoothing: Double

  /// The logits of one row side by side, then their logarithmic softmax.
  var workspaceByteCount: Int { 2 * targets.classCount * MemoryLayout<Element>.stride }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let logits = arguments.input(0, as: Element.self)
    let row = arguments.workspace.assumingMemoryBound(to: Element.self)
    guard let line = row.baseAddress else { return }
    let logarithms = line + targets.classCount
    var sum = 0.0
    for row in 0..<targets.rowCount {
      let start = targets.start(ofRow: row)
      for index in 0..<targets.classCount {
        line[index] = logits[start + index * targets.placeCount]
      }
      Element.logSoftmax(rows: 1, columns: targets.classCount, line, logarithms)
      var likelihood = 0.0
      var total = 1.0
      if targets.classType == nil {
        let values = arguments.input(1, as: Element.self)
        total = 0
        for index in 0..<targets.classCount {
          let value = Double(values[start + index * targets.placeCount])
          total += value
          likelihood += value * Double(logarithms[index])
        }
      } else {
        likelihood = Double(logarithms[try targets.classIndex(arguments, input: 1, row: row)])
      }
      if smoothing > 0 {
        var all = 0.0
        for index in 0..<targets.classCount { all += Double(logarithms[index]) }
        likelihood =
          (1 - smoothing) * likelihood + smoothing * total * all / Double(targets.classCount)
      }
      if targets.weighting == nil {
        sum -= likelihood
      } else {
        let weights = arguments.input(2, as: Element.self)
        sum -= Double(weights[targets.weightIndex(ofRow: row)]) * likelihood
      }
    }
    let factor = factor * targets.weightFactor(arguments, input: 2, as: Element.self)
    arguments.output(0, as: Element.self)[0] = Element(sum * factor)
  }
}

/// The share of a target that is spread over all classes.
enum LabelSmoothing {
  static func share(_ attributes: inout AttributeReader) throws(MRDLError) -> Double {
    let share = try attributes.float("label_smoothing", default: 0)
    guard share >= 0, share < 1 else {
      throw attributes.wrongValue("label_smoothing", "\(share)", "at least 0 and below 1")
    }
    return share
  }
}

/// The residual of the logits is softmax(t) Σ y − y, which for a class is softmax(t) − y: (2-6) for several
/// classes.
public enum CrossEntropyLossRule: GradientRule {
  public static let operatorName = "CrossEntropyLoss"
  public static let domain = OperatorSet.mrdlDomain
  public static let backwardOperators: [any Operator.Type] = [CrossEntropyLossGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.passLoss(CrossEntropyLossGradient.self)
  }
}

/// The residual of the logits of CrossEntropyLoss.
public struct CrossEntropyLossGradient: LossGradient {
  public static let name = "CrossEntropyLossGradient"
  static let takesClasses = true

  let reduction: LossReduction
  private let smoothing: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
    smoothing = try LabelSmoothing.share(&attributes)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let targets = LossTargets(request, first: 1)
    let factor = reduction.factor(sampleCount: targets.rowCount)
    return try request.real(
      1,
      float32: CrossEntropyLossGradientKernel<Float>(
        targets: targets, factor: factor, smoothing: Float(smoothing)),
      float64: CrossEntropyLossGradientKernel<Double>(
        targets: targets, factor: factor, smoothing: smoothing))
  }
}

private struct CrossEntropyLossGradientKernel<Element: RealElement>: Kernel {
  let targets: LossTargets
  let factor: Double
  let smoothing: Element

  var workspaceByteCount: Int { 2 * targets.classCount * MemoryLayout<Element>.stride }

  var inPlacePairs: [(input: Int, output: Int)] { [(1, 0)] }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let factor = factor * targets.weightFactor(arguments, input: 3, as: Element.self)
    let whole = arguments.input(0, as: Element.self)[0] * Element(factor)
    let logits = arguments.input(1, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    let row = arguments.workspace.assumingMemoryBound(to: Element.self)
    guard let line = row.baseAddress else { return }
    let probabilities = line + targets.classCount
    let kept = 1 - smoothing
    let spread = smoothing / Element(max(targets.classCount, 1))
    for row in 0..<targets.rowCount {
      let start = targets.start(ofRow: row)
      var slope = whole
      if targets.weighting != nil {
        slope *= arguments.input(3, as: Element.self)[targets.weightIndex(ofRow: row)]
      }
      for index in 0..<targets.classCount {
        line[index] = logits[start + index * targets.placeCount]
      }
      Element.softmax(rows: 1, columns: targets.classCount, line, probabilities)
      if targets.classType == nil {
        let values = arguments.input(2, as: Element.self)
        var total: Element = 0
        for index in 0..<targets.classCount { total += values[start + index * targets.placeCount] }
        for index in 0..<targets.classCount {
          let place = start + index * targets.placeCount
          let wanted = kept * values[place] + spread * total
          result[place] = slope * (probabilities[index] * total - wanted)
        }
      } else {
        let wanted = try targets.classIndex(arguments, input: 2, row: row)
        for index in 0..<targets.classCount {
          result[start + index * targets.placeCount] =
            slope * (probabilities[index] - (index == wanted ? kept + spread : spread))
        }
      }
    }
  }
}
