internal import MRDLCore
public import MRDLModel

extension Model {
  /// The tensors that a graph learns: weights, biases, scales and offsets of its layers, in the order of the
  /// nodes that use them.
  ///
  /// Constants that only steer an operator (axes, shapes, bounds), running averages and single numbers in
  /// arithmetic are none. A pattern is a name in which `*` stands for any text and `?` for one character; a
  /// name is chosen where one of `patterns` fits and none of `frozen`.
  ///
  /// - Parameters:
  ///   - patterns: what is trained.
  ///   - frozen: what is not, even so.
  public func parameterNames(
    matching patterns: [String] = ["*"], excluding frozen: [String] = []
  ) -> [String] {
    var names: [String] = []
    var seen: Set<String> = []
    for node in graph.nodes {
      for (index, name) in node.inputs.enumerated() {
        guard let info = tensors[name]?.info, info.scalarType.isFloatingPoint,
          ParameterRole.isLearned(info, input: index, of: node), seen.insert(name).inserted
        else { continue }
        let isChosen =
          patterns.contains { NamePattern($0).matches(name) }
          && !frozen.contains { NamePattern($0).matches(name) }
        if isChosen { names.append(name) }
      }
    }
    return names
  }
}

/// Which inputs of an operator are learned where they are tensors of the model.
private enum ParameterRole {
  static func isLearned(_ info: TensorInfo, input index: Int, of node: Node) -> Bool {
    switch node.operatorName {
    case "Conv", "ConvTranspose", "BatchNormalization", "LayerNormalization",
      "GroupNormalization", "InstanceNormalization":
      return index == 1 || index == 2
    case "Gemm": return info.shape.rank > 0
    case "PRelu", "RMSNormalization": return index == 1
    case "RNN", "GRU", "LSTM": return index > 0 && index != 4
    case "Gather": return index == 0
    case "MatMul", "Einsum": return true
    case "Add", "Sub", "Mul", "Div": return info.shape.elementCount > 1
    default: return false
    }
  }
}
