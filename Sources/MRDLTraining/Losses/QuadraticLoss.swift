public import MRDLCore
public import MRDLOperators

/// J = ½ Σ (h − y)² over all numbers of a sample (3-8), averaged over the batch, or summed over it with
/// `reduction` "sum", as the source has it. With one number a sample it is (1), with the class as target y is
/// 1 for the class and 0 for all others.
public struct QuadraticLoss: DifferenceLoss {
  public static let name = "QuadraticLoss"

  let reduction: LossReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
  }

  func value(_ difference: Double) -> Double { difference * difference / 2 }
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
public struct QuadraticLossGradient: DifferenceLossGradient {
  public static let name = "QuadraticLossGradient"

  let reduction: LossReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
  }

  func slope(_ difference: Double) -> Double { difference }
}
