public import MRDLCore
public import MRDLOperators

/// J = ½ Σ (h − y)² over all numbers of a sample (3-8), averaged over the batch, or summed over it with
/// `reduction` "sum", as the source has it. With one number a sample it is (1), with the class as target y is
/// 1 for the class and 0 for all others.
public struct QuadraticLoss: LossOperator {
  public static let name = "QuadraticLoss"
  static let takesClasses = true

  let reduction: LossReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let targets = LossTargets(request, first: 0)
    let factor = reduction.factor(sampleCount: targets.batchCount)
    return try request.real(
      float32: QuadraticLossKernel<Float>(targets: targets, factor: factor),
      float64: QuadraticLossKernel<Double>(targets: targets, factor: factor))
  }
}

private struct QuadraticLossKernel<Element: RealElement>: Kernel {
  let targets: LossTargets
  let factor: Double

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let predictions = arguments.input(0, as: Element.self)
    var sum = 0.0
    if targets.classType == nil {
      let values = arguments.input(1, as: Element.self)
      for index in 0..<predictions.count {
        let difference = Double(predictions[index]) - Double(values[index])
        sum += difference * difference
      }
    } else {
      for row in 0..<targets.rowCount {
        let wanted = try targets.classIndex(arguments, input: 1, row: row)
        let start = targets.start(ofRow: row)
        for index in 0..<targets.classCount {
          let difference =
            Double(predictions[start + index * targets.placeCount]) - (index == wanted ? 1 : 0)
          sum += difference * difference
        }
      }
    }
    arguments.output(0, as: Element.self)[0] = Element(sum * factor / 2)
  }
}

/// The residual of the predictions is h − y: the first factor of (3-12), whose second factor the activation's
/// rule adds.
public enum QuadraticLossRule: GradientRule {
  public static let operatorName = "QuadraticLoss"
  public static let domain = OperatorSet.mrdlDomain
  public static let backwardOperators: [any Operator.Type] = [QuadraticLossGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.passLoss(QuadraticLossGradient.self)
  }
}

/// The residual of the predictions of QuadraticLoss.
public struct QuadraticLossGradient: LossGradient {
  public static let name = "QuadraticLossGradient"
  static let takesClasses = true

  let reduction: LossReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let targets = LossTargets(request, first: 1)
    let factor = reduction.factor(sampleCount: targets.batchCount)
    return try request.real(
      1, float32: QuadraticLossGradientKernel(targets: targets, factor: Float(factor)),
      float64: QuadraticLossGradientKernel(targets: targets, factor: factor))
  }
}

private struct QuadraticLossGradientKernel<Element: RealElement>: Kernel {
  let targets: LossTargets
  let factor: Element

  var inPlacePairs: [(input: Int, output: Int)] { [(1, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let slope = arguments.input(0, as: Element.self)[0] * factor
    let predictions = arguments.input(1, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    if targets.classType == nil {
      let values = arguments.input(2, as: Element.self)
      for index in 0..<result.count {
        result[index] = slope * (predictions[index] - values[index])
      }
    } else {
      for row in 0..<targets.rowCount {
        let wanted = try targets.classIndex(arguments, input: 2, row: row)
        let start = targets.start(ofRow: row)
        for index in 0..<targets.classCount {
          let place = start + index * targets.placeCount
          result[place] = slope * (predictions[place] - (index == wanted ? 1 : 0))
        }
      }
    }
  }
}
