public import MRDLCore
public import MRDLOperators

/// Σ |h − y| over all numbers of a sample, averaged over the batch, or summed over it with `reduction` "sum".
public struct AbsoluteLoss: DifferenceLoss {
  public static let name = "AbsoluteLoss"

  let reduction: LossReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
  }

  func value(_ difference: Double) -> Double { abs(difference) }
}

/// The residual of the predictions is sign(h − y), 0 where they agree.
public enum AbsoluteLossRule: GradientRule {
  public static let operatorName = "AbsoluteLoss"
  public static let domain = OperatorSet.mrdlDomain
  public static let backwardOperators: [any Operator.Type] = [AbsoluteLossGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.passLoss(AbsoluteLossGradient.self)
  }
}

/// The residual of the predictions of AbsoluteLoss.
public struct AbsoluteLossGradient: DifferenceLossGradient {
  public static let name = "AbsoluteLossGradient"

  let reduction: LossReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
  }

  func slope(_ difference: Double) -> Double { difference > 0 ? 1 : difference < 0 ? -1 : 0 }
}
