internal import MRDLCore
internal import MRDLModel

/// Where weights stand among the inputs of the operators that have them.
struct WeightInput {
  let node: Int
  let input: Int
  /// The axis along which each index is a unit or a channel of the result; nil where there is none.
  let axis: Int?

  /// The weights of the outermost graph.
  static func all(in graph: Graph) -> [WeightInput] {
    graph.nodes.enumerated().flatMap { index, node in
      inputs(of: node).filter { $0.input < node.inputs.count && !node.inputs[$0.input].isEmpty }
        .map { WeightInput(node: index, input: $0.input, axis: $0.axis) }
    }
  }

  private static func inputs(of node: Node) -> [(input: Int, axis: Int?)] {
    guard node.domain.isEmpty else { return [] }
    switch node.operatorName {
    case "Conv", "DeformConv": return [(1, 0)]
    case "ConvTranspose": return [(1, node.attributes["group"].isOne ? 1 : nil)]
    case "Gemm": return [(1, node.attributes["transB"].isZero ? 1 : 0)]
    case "MatMul": return [(1, -1)]
    case "LSTM", "GRU", "RNN": return [(1, 1), (2, 1)]
    case "Gather": return [(0, 0)]
    default: return []
    }
  }
}

extension AttributeValue? {
  /// Whether an attribute is left out or 0.
  var isZero: Bool {
    guard case .integer(let value)? = self else { return self == nil }
    return value == 0
  }

  /// Whether an attribute is left out or 1, as a whole or a real number.
  var isOne: Bool {
    switch self {
    case nil: true
    case .integer(let value)?: value == 1
    case .float(let value)?: value == 1
    default: false
    }
  }
}
