public import MRDLCore
public import MRDLModel
public import MRDLOperators

/// The passage of residuals back through one node: what a rule reads, and where it puts its nodes.
public struct GradientStep {
  /// The node that residuals pass through.
  public let node: Node
  /// What is known of its inputs, in order; nil for one left out.
  public let inputs: [ValueFacts?]
  /// What is known of its outputs, in order; nil for one that nobody needs.
  public let outputs: [ValueFacts?]
  /// The node, for errors.
  public let place: Place

  private let outputResiduals: [String?]
  private let needed: [Bool]
  private var names: ValueNames
  private(set) var nodes: [Node] = []
  private(set) var residuals: [String?]

  init(
    node: Node, inputs: [ValueFacts?], outputs: [ValueFacts?], outputResiduals: [String?],
    needed: [Bool], names: ValueNames, place: Place
  ) {
    self.node = node
    self.inputs = inputs
    self.outputs = outputs
    self.outputResiduals = outputResiduals
    self.needed = needed
    self.names = names
    self.place = place
    residuals = Array(repeating: nil, count: node.inputs.count)
  }

  /// The names that are taken, with those that this step has taken.
  func takeNames() -> ValueNames { names }

  // MARK: Reading

  /// The names of the node's inputs; empty for one left out.
  public var inputNames: [String] { node.inputs }

  /// The names of so many inputs, empty for those that are left out.
  func inputNames(filledTo count: Int) -> [String] {
    inputNames + [String](repeating: "", count: max(count - inputNames.count, 0))
  }

  /// The names of the node's outputs; empty for one that nobody needs.
  public var outputNames: [String] { node.outputs }

  /// The node's attributes.
  public var attributes: [String: AttributeValue] { node.attributes }

  /// Whether the residual of an input is asked for.
  public func needs(_ input: Int) -> Bool { input < needed.count && needed[input] }

  /// The residual of an output, or nil where the loss does not depend on it.
  public func outputResidual(_ output: Int) -> String? {
    output < outputResiduals.count ? outputResiduals[output] : nil
  }

  /// The residual of the only output.
  ///
  /// - Throws: `MRDL5004` where the loss depends on another output only.
  public func outputResidual() throws(MRDLError) -> String {
    guard let residual = outputResidual(0) else {
      throw refusal("the loss depends on an output that has no derivative")
    }
    return residual
  }

  /// What is known of an input that must be there.
  public func input(_ index: Int) throws(MRDLError) -> ValueFacts {
    guard index < inputs.count, let facts = inputs[index] else {
      throw MRDLError(
        .wrongInputCount, "an input is missing", expected: "input \(index)", at: place)
    }
    return facts
  }

  /// The number of axes of an input.
  ///
  /// - Throws: `MRDL5004` where it is not known.
  public func rank(_ index: Int) throws(MRDLError) -> Int {
    guard let rank = try input(index).rank else {
      throw refusal("the number of axes of input \(index) is not known")
    }
    return rank
  }

  /// The error for a node that a rule cannot differentiate.
  public func refusal(_ message: String) -> MRDLError {
    MRDLError(.noGradient, message, found: node.qualifiedOperatorName, at: place)
  }

  // MARK: Writing

  /// Adds a node of ONNX's domain with one output, whose name is returned.
  public mutating func add(
    _ operatorName: String, _ inputs: [String], _ attributes: [String: AttributeValue] = [:]
  ) -> String {
    add(Node(operatorName, inputs: inputs, outputs: [], attributes: attributes), outputs: 1)[0]
  }

  /// Adds a node with one output, whose name is returned.
  public mutating func add(
    _ type: any Operator.Type, _ inputs: [String], _ attributes: [String: AttributeValue] = [:]
  ) -> String {
    add(type, inputs, attributes, outputs: [true])[0]
  }

  /// Adds a node with several outputs, whose names are returned; empty for one that is not wanted.
  public mutating func add(
    _ type: any Operator.Type, _ inputs: [String], _ attributes: [String: AttributeValue] = [:],
    outputs wanted: [Bool]
  ) -> [String] {
    var node = Node(
      type.name, domain: type.domain, inputs: inputs, outputs: [], attributes: attributes)
    node.outputs = wanted.map { $0 ? names.make("residual") : "" }
    nodes.append(node)
    return node.outputs
  }

  private mutating func add(_ node: Node, outputs: Int) -> [String] {
    var node = node
    node.outputs = (0..<outputs).map { _ in names.make("residual") }
    nodes.append(node)
    return node.outputs
  }

  /// Says which value is the residual of an input.
  public mutating func setResidual(of input: Int, to value: String) {
    precondition(needs(input), "a residual that nobody asked for")
    residuals[input] = value
  }

  /// Says that a value summed over the axes along which an input was repeated is the input's residual.
  public mutating func setResidual(of input: Int, toSumOf value: String) throws(MRDLError) {
    let facts = try self.input(input)
    if let shape = facts.shape, let result = outputs.first??.shape, shape == result,
      !shape.dimensions.contains(.unknown)
    {
      setResidual(of: input, to: value)
    } else {
      setResidual(of: input, to: add(SumToShape.self, [value, node.inputs[input]]))
    }
  }
}
