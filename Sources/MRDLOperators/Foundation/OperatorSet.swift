public import MRDLCore
public import MRDLModel

/// The operators that a program may use: a value, so that an embedder can add a domain or leave
/// operators out.
public struct OperatorSet: Sendable {
  private var operators: [String: any Operator.Type] = [:]

  /// The version of the ONNX operator set whose names, attributes and meaning the graph uses.
  public static let onnxVersion = 28
  /// The version of the domain `mrdl`.
  public static let mrdlVersion = 1
  /// The name of the project's own domain.
  public static let mrdlDomain = "mrdl"

  /// What the header of a model that this release makes says of its operator sets.
  public static let currentVersions = ["": onnxVersion, mrdlDomain: mrdlVersion]

  public init(_ operators: [any Operator.Type]) {
    for type in operators { insert(type) }
  }

  /// Adds an operator, or replaces the one with its name and domain.
  public mutating func insert(_ type: any Operator.Type) {
    operators[Self.key(type.name, type.domain)] = type
  }

  /// This set with others added.
  public func adding(_ others: [any Operator.Type]) -> OperatorSet {
    var result = self
    for type in others { result.insert(type) }
    return result
  }

  /// The names of all operators, with their domains, in order.
  public var names: [String] { operators.keys.sorted() }

  /// Whether there is an operator of that name.
  public func contains(_ name: String, domain: String = "") -> Bool {
    operators[Self.key(name, domain)] != nil
  }

  /// Makes sure that every operator of a graph is known.
  ///
  /// - Throws: `MRDL1204`, which names all that are not.
  public func checkAllKnown(_ graph: Graph) throws(MRDLError) {
    let unknown = unknownNodes(of: graph, at: "/graph")
    guard let (path, node) = unknown.first else { return }
    let names = Set(unknown.map(\.node.qualifiedOperatorName)).sorted()
    let place = Place("\(path) (\(node.displayName))")
    if names.count == 1 {
      throw MRDLError(
        .unknownOperator, "an operator is not known", found: node.qualifiedOperatorName, at: place)
    }
    throw MRDLError(
      .unknownOperator, "\(names.count) operators of the graph are not known",
      found: names.joined(separator: ", "), at: place)
  }

  private func unknownNodes(of graph: Graph, at path: String) -> [(path: String, node: Node)] {
    var result: [(path: String, node: Node)] = []
    for (index, node) in graph.nodes.enumerated() {
      let path = "\(path)/nodes/\(index)"
      if !contains(node.operatorName, domain: node.domain) { result.append((path, node)) }
      for (name, subgraph) in node.subgraphs {
        result += unknownNodes(of: subgraph, at: "\(path)/attributes/\(name)/graph")
      }
    }
    return result
  }

  /// The operator of a node, its attributes read and its numbers of inputs and outputs checked.
  ///
  /// - Throws: `MRDL1204` for an unknown operator, `MRDL1205`, `MRDL1206`.
  public func makeOperator(
    _ node: Node, tensors: TensorTable = TensorTable(), place: Place
  ) throws(MRDLError) -> any Operator {
    guard let type = operators[Self.key(node.operatorName, node.domain)] else {
      throw MRDLError(
        .unknownOperator, "an operator is not known", found: node.qualifiedOperatorName, at: place)
    }
    try Self.check(node.inputs.count, type.inputCount, "inputs", place)
    try Self.check(node.outputs.count, type.outputCount, "outputs", place)
    var reader = AttributeReader(node, place: place, tensors: tensors)
    let result = try type.init(attributes: &reader)
    try reader.checkAllKnown()
    return result
  }

  private static func check(
    _ count: Int, _ range: ClosedRange<Int>, _ noun: String, _ place: Place
  ) throws(MRDLError) {
    if range.contains(count) { return }
    throw MRDLError(
      .wrongInputCount, "a node has the wrong number of \(noun)", found: "\(count)",
      expected: range.count == 1
        ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)", at: place)
  }

  private static func key(_ name: String, _ domain: String) -> String {
    domain.isEmpty ? name : domain + "." + name
  }
}
