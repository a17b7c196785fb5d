public import MRDLCore
public import MRDLOperators

/// Σ of ½ d² for |d| ≤ δ and δ (|d| − ½ δ) beyond, with d = h − y (Huber, 1964), averaged over the batch, or summed
/// over it with `reduction` "sum". The attribute `delta` is δ.
public struct HuberLoss: DifferenceLoss {
  public static let name = "HuberLoss"

  let reduction: LossReduction
  private let delta: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
    delta = try HuberLoss.delta(&attributes)
  }

  static func delta(_ attributes: inout AttributeReader) throws(MRDLError) -> Double {
    let delta = try attributes.float("delta", default: 1)
    guard delta > 0 else { throw attributes.wrongValue("delta", "\(delta)", "a positive number") }
    return delta
  }

  func value(_ difference: Double) -> Double {
    abs(difference) <= delta
      ? difference * difference / 2 : delta * (abs(difference) - delta / 2)
  }
}

/// The residual of the predictions is h − y, cut at ±δ.
public enum HuberLossRule: GradientRule {
  public static let operatorName = "HuberLoss"
  public static let domain = OperatorSet.mrdlDomain
  public static let backwardOperators: [any Operator.Type] = [HuberLossGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.passLoss(HuberLossGradient.self)
  }
}

/// The residual of the predictions of HuberLoss.
public struct HuberLossGradient: DifferenceLossGradient {
  public static let name = "HuberLossGradient"

  let reduction: LossReduction
  private let delta: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
    delta = try HuberLoss.delta(&attributes)
  }

  func slope(_ difference: Double) -> Double { min(max(difference, -delta), delta) }
}
