/// The value of an attribute of a node, with the kinds of ONNX.
public enum AttributeValue: Sendable, Hashable {
  case integer(Int64)
  case float(Double)
  case string(String)
  case integers([Int64])
  case floats([Double])
  case strings([String])
  /// The name of a tensor in the model's table.
  case tensor(String)
  /// A graph that the node runs, such as a branch or a loop body.
  case graph(Graph)

  /// What kind of value it is, for messages.
  public var kindName: String {
    switch self {
    case .integer: "an integer"
    case .float: "a float"
    case .string: "a string"
    case .integers: "integers"
    case .floats: "floats"
    case .strings: "strings"
    case .tensor: "a tensor"
    case .graph: "a graph"
    }
  }
}
