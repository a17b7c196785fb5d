internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// An operator that compares predictions with targets and gives one number.
///
/// Input 0 holds the predictions with the batch along axis 0, input 1 the targets: numbers of the same type
/// and shape, or, where the loss knows classes, whole numbers that tell the class along axis 1, in the
/// shape of the predictions without that axis. Input 2, where it is there, holds weights: one for each sample, or
/// one for each class or number of the targets; the loss is divided by their mean.
protocol LossOperator: Operator {
  var reduction: LossReduction { get }
  /// Whether a target may be the number of a class.
  static var takesClasses: Bool { get }
}

extension LossOperator {
  public static var domain: String { OperatorSet.mrdlDomain }
  public static var inputCount: ClosedRange<Int> { 2...3 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try LossTargets.check(operands, first: 0, takesClasses: Self.takesClasses)
    return [ValueFacts(type, .scalar)]
  }
}

/// The backward operator of a loss: inputs are the residual of the loss, the predictions, the targets,
/// and maybe weights.
protocol LossGradient: Operator {
  static var takesClasses: Bool { get }
}

extension LossGradient {
  public static var domain: String { OperatorSet.mrdlDomain }
  public static var inputCount: ClosedRange<Int> { 3...4 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    _ = try LossTargets.check(operands, first: 1, takesClasses: Self.takesClasses)
    return [try operands.required(1).withoutContent]
  }
}

extension GradientStep {
  /// Gives the predictions of a loss their residual; targets have none.
  mutating func passLoss(_ gradient: any Operator.Type) throws(MRDLError) {
    if needs(1) || needs(2) { throw refusal("targets and weights have no derivative") }
    setResidual(
      of: 0, to: add(gradient, [try outputResidual()] + node.inputs, node.attributes))
  }
}

/// How the losses of the samples of a batch become one number.
enum LossReduction: String, CaseIterable {
  /// Their mean, so that the learning rate does not depend on the size of the batch.
  case mean
  /// Their sum, as (3-8) has it.
  case sum

  init(_ attributes: inout AttributeReader) throws(MRDLError) {
    self = try attributes.choice("reduction", default: .mean)
  }

  /// What the sum over the samples is multiplied by.
  func factor(sampleCount: Int) -> Double {
    self == .mean ? 1 / Double(max(sampleCount, 1)) : 1
  }
}
