public import MRDLOperators

/// The gradient rules that can be used, by the name of their operator.
public struct GradientSet: Sendable {
  private var rules: [String: any GradientRule.Type] = [:]

  public init(_ rules: [any GradientRule.Type]) {
    for rule in rules { insert(rule) }
  }

  /// Adds a rule, or replaces the one for the same operator.
  public mutating func insert(_ rule: any GradientRule.Type) {
    rules[Self.key(rule.operatorName, rule.domain)] = rule
  }

  /// The rule for an operator, or nil where it has none.
  public func rule(for operatorName: String, domain: String = "") -> (any GradientRule.Type)? {
    rules[Self.key(operatorName, domain)]
  }

  /// The names of all operators that have a rule, with their domains, in order.
  public var names: [String] { rules.keys.sorted() }

  /// The operators that the nodes of the rules use beyond those of inference.
  public var backwardOperators: [any Operator.Type] {
    rules.sorted { $0.key < $1.key }.flatMap { $0.value.backwardOperators }
  }

  private static func key(_ name: String, _ domain: String) -> String {
    domain.isEmpty ? name : domain + "." + name
  }
}

extension OperatorSet {
  /// The operators of inference, the losses, and what gradients are made of.
  public static let training = OperatorSet.standard.adding(
    GradientSet.standard.backwardOperators + [ScaleByConstant.self, SumToShape.self] + losses)

  /// Every loss, a line each.
  private static let losses: [any Operator.Type] = [
    AbsoluteLoss.self,
    BinaryCrossEntropyLoss.self,
    CrossEntropyLoss.self,
    HuberLoss.self,
    QuadraticLoss.self,
  ]
}
