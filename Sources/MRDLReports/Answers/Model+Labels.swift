package import MRDLCore
package import MRDLModel
internal import MRDLOperators

extension Model {
  /// Names the classes of every output that has a value for each name; where none is known to, of the first that
  /// may have.
  ///
  /// Where the model does not say on what scale the values are, the operator tells it that computes
  /// them.
  ///
  /// - Returns: the names of the outputs.
  /// - Throws: `MRDL4001` where no output has as many values.
  @discardableResult
  package mutating func setLabels(_ labels: [String]) throws(MRDLError) -> [String] {
    let outputs = outputsWithShapes
    var named: [ValueInfo] = []
    var open: [ValueInfo] = []
    for output in outputs
    where output.kind == .tensor && meanings[output.name]?.task != .regression {
      let last = output.shape?.dimensions.last
      if last?.value == labels.count { named.append(output) }
      if output.shape == nil || last.map({ $0.value == nil }) ?? false { open.append(output) }
    }
    if named.isEmpty { named = Array(open.prefix(1)) }
    guard !named.isEmpty else {
      throw MRDLError(
        .wrongInput, "no output has as many values as there are labels",
        found: Quantity.count(labels.count, "label"),
        expected: outputs.map { "\($0)" }.joined(separator: ", "))
    }
    for output in named {
      var meaning = meanings[output.name] ?? meaning(ofValue: output.name)
      meaning.labels = labels
      meanings[output.name] = meaning
    }
    return named.map(\.name)
  }

  /// The outputs, whose shapes are inferred where the file does not state them.
  package var outputsWithShapes: [ValueInfo] {
    guard graph.outputs.contains(where: { $0.shape == nil }) else { return graph.outputs }
    let facts = ShapeInference(self, diagnostics: Diagnostics()).facts
    return graph.outputs.map { output in
      var output = output
      output.shape = output.shape ?? facts[output.name]?.shape
      return output
    }
  }

  /// What the operator that computes a value says of it: softmax gives probabilities, sigmoid scores of labels
  /// each for itself, any other numbers that softmax makes probabilities of.
  private func meaning(ofValue name: String) -> OutputMeaning {
    /// Operators that keep values as they are.
    let passing: Set = [
      "Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Dropout",
    ]
    var name = name
    // A graph with a cycle would never end.
    for _ in 0...graph.nodes.count {
      guard let node = graph.nodes.last(where: { $0.outputs.contains(name) }) else { break }
      switch node.operatorName {
      case "Softmax": return OutputMeaning(task: .classification, scale: .probabilities)
      case "Sigmoid": return OutputMeaning(task: .labelling, scale: .scores)
      case let other where passing.contains(other):
        guard let input = node.inputs.first else { break }
        name = input
        continue
      default: break
      }
      break
    }
    return OutputMeaning(task: .classification, scale: .logits)
  }
}
