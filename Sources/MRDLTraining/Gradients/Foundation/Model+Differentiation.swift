public import MRDLCore
public import MRDLModel
public import MRDLOperators

extension Model {
  /// The model with the nodes that compute the derivatives of a loss, by reverse accumulation.
  ///
  /// The nodes of the result are those of the model followed by the new ones, in an order that runs. The
  /// residual of a value that several nodes read is the sum of what they pass back. A residual that no
  /// derivative needs is never computed.
  ///
  /// - Parameters:
  ///   - loss: the name of a value with one element.
  ///   - parameters: the names of inputs or tensors of the model.
  /// - Returns: the model, and for each parameter the name of the value that holds its derivative; it
  ///   has the parameter's type and shape.
  /// - Throws: `MRDL5004` where an operator between the parameters and the loss has no gradient, where
  ///   the loss does not depend on a parameter, and an error of shape inference.
  public func differentiated(
    loss: String, withRespectTo parameters: [String], gradients set: GradientSet = .standard,
    operators: OperatorSet = .training
  ) throws(MRDLError) -> (model: Model, gradients: [String]) {
    let (model, facts) = try expanded(
      withRespectTo: parameters, gradients: set, operators: operators)
    var accumulation = ReverseAccumulation(model, facts, set, parameters)
    return try accumulation.run(loss: loss, parameters: parameters)
  }
}

/// The walk from the loss back to the parameters.
private struct ReverseAccumulation {
  private var model: Model
  private let facts: [String: ValueFacts]
  private let set: GradientSet
  private var names: ValueNames
  private let dependence: Dependence
  /// What the consumers of a value have passed back so far.
  private var contributions: [String: [String]] = [:]

  init(
    _ model: Model, _ facts: [String: ValueFacts], _ set: GradientSet, _ parameters: [String]
  ) {
    self.model = model
    self.facts = facts
    self.set = set
    names = ValueNames(model)
    dependence = Dependence(model.graph, facts, set, parameters)
  }

  mutating func run(
    loss: String, parameters: [String]
  ) throws(MRDLError) -> (model: Model, gradients: [String]) {
    try begin(at: loss)
    for (index, node) in model.graph.nodes.enumerated().reversed() {
      try pass(node, at: Place("/graph/nodes/\(index) (\(node.displayName))"))
    }
    var gradients: [String] = []
    for parameter in parameters {
      guard let gradient = residual(of: parameter) else {
        throw MRDLError(
          .noGradient, "the loss does not depend on a parameter", found: "\"\(parameter)\"",
          expected: dependence.ends.isEmpty
            ? nil
            : "a way without operators that have no derivative: "
              + dependence.ends.sorted().joined(separator: ", "),
          at: Place("/graph"))
      }
      gradients.append(gradients.contains(gradient) ? repeated(gradient) : gradient)
    }
    return (model, gradients)
  }

  /// Another name for a residual that two parameters share, such as the two terms of a sum.
  private mutating func repeated(_ residual: String) -> String {
    let name = names.make("residual")
    model.graph.nodes.append(Node("Identity", inputs: [residual], outputs: [name]))
    return name
  }

  private mutating func begin(at loss: String) throws(MRDLError) {
    guard let known = facts[loss] else {
      // Nothing is known of what comes out of sequences and optionals.
      if let node = model.graph.nodes.first(where: {
        set.refusal(of: $0.operatorName, domain: $0.domain) != nil
      }) {
        throw refusal(of: node, at: Place("/graph (\(loss))"))
      }
      throw MRDLError(.undefinedValue, "the graph has no such value", found: "\"\(loss)\"")
    }
    guard known.concreteShape?.elementCount == 1, let shape = known.concreteShape else {
      throw MRDLError(
        .shapeMismatch, "a loss must have one element",
        found: known.shape?.description ?? "an unknown shape", at: Place("/graph (\(loss))"))
    }
    let one: Tensor
    switch known.scalarType {
    case .float32: one = Tensor([Float(1)], shape: shape)
    case .float64: one = Tensor([Double(1)], shape: shape)
    default:
      throw MRDLError(
        .typeMismatch, "a loss must be of a type that derivatives are computed in",
        found: known.scalarType.rawValue, expected: "f32, f64", at: Place("/graph (\(loss))"))
    }
    let name = names.make("residual")
    model.tensors[name] = ModelTensor(name, one)
    contributions[loss] = [name]
  }

  /// The error for a node whose operator has no rule.
  private func refusal(of node: Node, at place: Place) -> MRDLError {
    let reason = set.refusal(of: node.operatorName, domain: node.domain)
    return MRDLError(
      .noGradient,
      "an operator between the parameters and the loss has no gradient"
        + (reason.map { ": \($0)" } ?? ""),
      found: node.qualifiedOperatorName, at: place)
  }

  /// Passes the residuals of a node's outputs on to its inputs.
  private mutating func pass(_ node: Node, at place: Place) throws(MRDLError) {
    guard dependence.needsGradient(node) else { return }
    let needed = node.inputs.map { dependence.values.contains($0) }
    let residuals = node.outputs.map { $0.isEmpty ? nil : residual(of: $0) }
    guard residuals.contains(where: { $0 != nil }) else { return }
    guard let rule = set.rule(for: node.operatorName, domain: node.domain) else {
      throw refusal(of: node, at: place)
    }
    var step = GradientStep(
      node: node, inputs: node.inputs.map { $0.isEmpty ? nil : facts[$0] },
      outputs: node.outputs.map { $0.isEmpty ? nil : facts[$0] }, outputResiduals: residuals,
      needed: needed, names: names, place: place)
    try rule.differentiate(&step)
    names = step.takeNames()
    model.graph.nodes += step.nodes
    for (name, residual) in zip(node.inputs, step.residuals) {
      if let residual { contributions[name, default: []].append(residual) }
    }
  }

  /// The sum of what the consumers of a value have passed back; every one of them has been visited.
  private mutating func residual(of value: String) -> String? {
    guard let parts = contributions[value], let first = parts.first else { return nil }
    var sum = first
    for part in parts.dropFirst() {
      let next = names.make("residual")
      model.graph.nodes.append(Node("Add", inputs: [sum, part], outputs: [next]))
      sum = next
    }
    contributions[value] = [sum]
    return sum
  }
}
