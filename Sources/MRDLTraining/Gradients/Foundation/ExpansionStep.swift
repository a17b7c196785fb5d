public import MRDLCore
public import MRDLModel
public import MRDLOperators

/// One node that others take the place of: what a rule reads, and where it puts its nodes.
public struct ExpansionStep {
  /// The node that is expanded.
  public let node: Node
  /// What is known of its inputs, in order; nil for one left out.
  public let inputs: [ValueFacts?]
  /// The node, for errors.
  public let place: Place

  private var names: ValueNames
  private(set) var nodes: [Node] = []
  private(set) var tensors: [ModelTensor] = []

  init(node: Node, inputs: [ValueFacts?], names: ValueNames, place: Place) {
    self.node = node
    self.inputs = inputs
    self.names = names
    self.place = place
  }

  /// The names that are taken, with those that this step has taken.
  func takeNames() -> ValueNames { names }

  // MARK: Reading

  /// The names of the node's inputs; empty for one left out.
  public var inputNames: [String] { node.inputs }

  /// Whether an input is there.
  public func isGiven(_ input: Int) -> Bool {
    input < node.inputs.count && !node.inputs[input].isEmpty
  }

  /// Whether somebody may read an output.
  public func isWanted(_ output: Int) -> Bool {
    output < node.outputs.count && !node.outputs[output].isEmpty
  }

  /// The shape of an input.
  ///
  /// - Throws: `MRDL5004` where not even the number of its axes is known.
  public func shape(_ input: Int) throws(MRDLError) -> SymbolicShape {
    guard input < inputs.count, let shape = inputs[input]?.shape else {
      throw refusal("the number of axes of input \(input) is not known")
    }
    return shape
  }

  /// The extent of an axis of an input.
  ///
  /// - Throws: `MRDL5004` where it is not known.
  public func extent(_ input: Int, _ axis: Int) throws(MRDLError) -> Int {
    let shape = try self.shape(input)
    guard axis < shape.rank, let extent = shape[axis].value else {
      throw refusal("the extent of axis \(axis) of input \(input) is not known")
    }
    return extent
  }

  /// An attribute that is a whole number.
  public func integer(_ name: String) -> Int? {
    if case .integer(let value)? = node.attributes[name] { return Int(value) }
    return nil
  }

  /// An attribute that is a list of whole numbers.
  public func integers(_ name: String) -> [Int]? {
    if case .integers(let values)? = node.attributes[name] { return values.map { Int($0) } }
    return nil
  }

  /// An attribute that is a real number.
  public func float(_ name: String) -> Double? {
    if case .float(let value)? = node.attributes[name] { return value }
    return nil
  }

  /// An attribute that is text.
  public func string(_ name: String) -> String? {
    if case .string(let value)? = node.attributes[name] { return value }
    return nil
  }

  /// The error for a node that cannot be written as others.
  public func refusal(_ message: String) -> MRDLError {
    MRDLError(.noGradient, message, found: node.qualifiedOperatorName, at: place)
  }

  // MARK: Writing

  /// Adds a node with one output, whose name is returned.
  public mutating func add(
    _ operatorName: String, _ inputs: [String], _ attributes: [String: AttributeValue] = [:]
  ) -> String {
    let output = names.make("expansion")
    nodes.append(Node(operatorName, inputs: inputs, outputs: [output], attributes: attributes))
    return output
  }

  /// Adds what puts values one after the other along a new axis, whose name is returned.
  public mutating func stack(_ values: [String], axis: Int) -> String {
    let place = integers([axis])
    let parts = values.map { add("Unsqueeze", [$0, place]) }
    return add("Concat", parts, ["axis": .integer(Int64(axis))])
  }

  /// A name that no value has yet.
  mutating func makeName() -> String { names.make("expansion") }

  /// Adds a node whose outputs have names already.
  mutating func append(_ node: Node) { nodes.append(node) }

  /// Adds a constant, whose name is returned.
  public mutating func constant(_ tensor: Tensor) -> String {
    let name = names.make("expansion")
    tensors.append(ModelTensor(name, tensor))
    return name
  }

  /// Adds whole numbers, such as axes or a shape.
  public mutating func integers(_ values: [Int]) -> String {
    constant(Tensor(values.map { Int64($0) }))
  }

  /// Adds real numbers of the type of an input.
  ///
  /// - Throws: `MRDL5004` where residuals are not computed in that type.
  public mutating func numbers(
    _ values: [Double], _ shape: Shape, like input: Int = 0
  ) throws(MRDLError) -> String {
    switch input < inputs.count ? inputs[input]?.scalarType : nil {
    case .float32: constant(Tensor(values.map { Float($0) }, shape: shape))
    case .float64: constant(Tensor(values, shape: shape))
    case let type:
      throw refusal("derivatives are not computed in \(type?.rawValue ?? "an unknown type")")
    }
  }

  /// Adds one real number of the type of an input.
  public mutating func number(_ value: Double, like input: Int = 0) throws(MRDLError) -> String {
    try numbers([value], .scalar, like: input)
  }

  /// Says which value is an output of the node.
  public mutating func setOutput(_ output: Int, to value: String) {
    guard isWanted(output) else { return }
    nodes.append(Node("Identity", inputs: [value], outputs: [node.outputs[output]]))
  }
}
