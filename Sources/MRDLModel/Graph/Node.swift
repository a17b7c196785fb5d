/// One operator applied to values.
public struct Node: Sendable, Hashable {
  /// A name for messages and reports; unique where it is not empty.
  public var name: String
  /// The operator, named as in ONNX.
  public var operatorName: String
  /// The operator's domain: empty for ONNX's own, `mrdl` for what ONNX lacks.
  public var domain: String
  /// The values that it reads, in the order of the operator; empty for an optional one left out.
  public var inputs: [String]
  /// The values that it produces, in the order of the operator; empty for one that nobody needs.
  public var outputs: [String]
  public var attributes: [String: AttributeValue]

  public init(
    _ operatorName: String, domain: String = "", name: String = "", inputs: [String],
    outputs: [String], attributes: [String: AttributeValue] = [:]
  ) {
    self.name = name
    self.operatorName = operatorName
    self.domain = domain
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }

  /// The graphs among the attributes, in the order of their names.
  public var subgraphs: [(name: String, graph: Graph)] {
    attributes.sorted { $0.key < $1.key }.compactMap { name, value in
      if case .graph(let graph) = value { (name, graph) } else { nil }
    }
  }

  /// `domain.Operator`, or the operator alone for ONNX's own domain.
  public var qualifiedOperatorName: String {
    domain.isEmpty ? operatorName : "\(domain).\(operatorName)"
  }

  /// The node's name, or its operator and first output where it has none.
  public var displayName: String {
    if !name.isEmpty { return name }
    return outputs.first.map { "\(qualifiedOperatorName) → \($0)" } ?? qualifiedOperatorName
  }
}
