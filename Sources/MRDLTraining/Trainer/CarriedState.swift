internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// The state or cell of a recurrent layer that goes from one batch into the next.
struct CarriedState: Sendable {
  /// The value that the layer begins with, and the one that it leaves.
  let input: String
  let output: String
  let hiddenSize: Int
  let isBatchFirst: Bool

  /// The shape of either.
  func shape<Extent>(batch: Extent, _ fixed: (Int) -> Extent) -> [Extent] {
    isBatchFirst ? [batch, fixed(1), fixed(hiddenSize)] : [fixed(1), batch, fixed(hiddenSize)]
  }

  /// Gives a layer inputs and outputs for its states.
  ///
  /// - Throws: `MRDL5002` for a layer that reads sequences from their end, or that has first states already.
  static func connect(
    _ node: inout Node, of model: Model, names: inout ValueNames, _ place: Place
  ) throws(MRDLError) -> [CarriedState] {
    func refusal(_ reason: String, found: String) -> MRDLError {
      MRDLError(
        .badRecipe, "the state of a layer cannot go on from batch to batch: \(reason)",
        found: found, expected: "a layer that reads forward, without first states", at: place)
    }
    if case .string(let direction)? = node.attributes["direction"],
      direction.lowercased() != "forward"
    {
      throw refusal("it reads sequences from their end", found: direction)
    }
    guard let shape = model.tensors[node.inputs[2]]?.info.shape, shape.rank == 3 else {
      throw refusal("its weights are computed", found: node.inputs[2])
    }
    var isBatchFirst = false
    if case .integer(1)? = node.attributes["layout"] { isBatchFirst = true }
    let count = node.operatorName == "LSTM" ? 2 : 1
    while node.inputs.count < 5 + count { node.inputs.append("") }
    while node.outputs.count < 1 + count { node.outputs.append("") }
    var states: [CarriedState] = []
    for index in 0..<count {
      guard node.inputs[5 + index].isEmpty else {
        throw refusal("it has first states", found: node.inputs[5 + index])
      }
      node.inputs[5 + index] = names.make("first_state")
      if node.outputs[1 + index].isEmpty { node.outputs[1 + index] = names.make("last_state") }
      states.append(
        CarriedState(
          input: node.inputs[5 + index], output: node.outputs[1 + index], hiddenSize: shape[2],
          isBatchFirst: isBatchFirst))
    }
    return states
  }
}
