public import MRDLCore
public import MRDLOperators

/// −Σₖ yₖ ln softmax(t)ₖ for each row of logits t, with the softmax (3-6) folded in, so that no exponential
/// overflows. Averaged over the rows, or summed with `reduction` "sum".
///
/// A target is the number of the class, or a probability for each class.
public struct CrossEntropyLoss: LossOperator {
  public static let name = "CrossEntropyLoss"
  static let takesClasses = true

  let reduction: LossReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let targets = LossTargets(request, first: 0)
    let factor = reduction.factor(sampleCount: targets.rowCount)
    return try request.real(
      float32: CrossEntropyLossKernel<Float>(targets: targets, factor: factor),
      float64: CrossEntropyLossKernel<Double>(targets: targets, factor: factor))
  }
}

private struct CrossEntropyLossKernel<Element: RealElement>: Kernel {
  let targets: LossTargets
  let factor: Double

  /// The logits of one row side by side, then their logarithmic softmax.
  var workspaceByteCount: Int { 2 * targets.classCount * MemoryLayout<Element>.stride }

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
      if targets.classType == nil {
        let values = arguments.input(1, as: Element.self)
        for index in 0..<targets.classCount {
          sum -= Double(values[start + index * targets.placeCount]) * Double(logarithms[index])
        }
      } else {
        sum -= Double(logarithms[try targets.classIndex(arguments, input: 1, row: row)])
      }
    }
    arguments.output(0, as: Element.self)[0] = Element(sum * factor)
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

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let targets = LossTargets(request, first: 1)
    let factor = reduction.factor(sampleCount: targets.rowCount)
    return try request.real(
      1, float32: CrossEntropyLossGradientKernel(targets: targets, factor: Float(factor)),
      float64: CrossEntropyLossGradientKernel(targets: targets, factor: factor))
  }
}

private struct CrossEntropyLossGradientKernel<Element: RealElement>: Kernel {
  let targets: LossTargets
  let factor: Element

  var workspaceByteCount: Int { 2 * targets.classCount * MemoryLayout<Element>.stride }

  var inPlacePairs: [(input: Int, output: Int)] { [(1, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let slope = arguments.input(0, as: Element.self)[0] * factor
    let logits = arguments.input(1, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    let row = arguments.workspace.assumingMemoryBound(to: Element.self)
    guard let line = row.baseAddress else { return }
    let probabilities = line + targets.classCount
    for row in 0..<targets.rowCount {
      let start = targets.start(ofRow: row)
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
          result[place] = slope * (probabilities[index] * total - values[place])
        }
      } else {
        let wanted = try targets.classIndex(arguments, input: 2, row: row)
        for index in 0..<targets.classCount {
          result[start + index * targets.placeCount] =
            slope * (probabilities[index] - (index == wanted ? 1 : 0))
        }
      }
    }
  }
}
