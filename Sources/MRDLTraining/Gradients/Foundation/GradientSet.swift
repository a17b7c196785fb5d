public import MRDLOperators

/// The gradient rules that can be used, by the name of their operator.
public struct GradientSet: Sendable {
  private var rules: [String: any GradientRule.Type] = [:]
  private var constants: Set<String> = []
  private var refusals: [String: String] = [:]

  /// - Parameters:
  ///   - constants: operators that have no derivative: whole numbers, truth values, random numbers, steps.
  ///     What comes out of them counts as constant.
  ///   - refusals: operators that have a derivative for which there is no rule, and why.
  public init(
    _ rules: [any GradientRule.Type], constants: [any Operator.Type] = [],
    refusals: [(operators: [any Operator.Type], reason: String)] = []
  ) {
    for type in constants { self.constants.insert(Self.key(type.name, type.domain)) }
    for (types, reason) in refusals {
      for type in types { self.refusals[Self.key(type.name, type.domain)] = reason }
    }
    for rule in rules { insert(rule) }
  }

  /// Adds a rule, or replaces the one for the same operator.
  public mutating func insert(_ rule: any GradientRule.Type) {
    let key = Self.key(rule.operatorName, rule.domain)
    rules[key] = rule
    constants.remove(key)
    refusals[key] = nil
  }

  /// Whether an operator has no derivative, so that its outputs count as constants.
  public func isConstant(_ operatorName: String, domain: String = "") -> Bool {
    constants.contains(Self.key(operatorName, domain))
  }

  /// Why there is no rule for an operator that has a derivative.
  public func refusal(of operatorName: String, domain: String = "") -> String? {
    refusals[Self.key(operatorName, domain)]
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
