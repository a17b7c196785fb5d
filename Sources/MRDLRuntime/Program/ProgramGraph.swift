internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// The graph of a program: values have numbers, attributes are read, constants are at hand.
struct ProgramGraph: Sendable {
  struct Value: Sendable {
    let name: String
    /// The content, where it does not depend on the inputs.
    var constant: Tensor?
  }

  struct Instruction: Sendable {
    let op: any Operator
    let node: Node
    /// Numbers of values; nil for an optional input left out.
    var inputs: [Int?]
    /// Numbers of values; nil for an output that nobody needs.
    var outputs: [Int?]
    let place: Place
  }

  var values: [Value] = []
  var instructions: [Instruction] = []
  /// Numbers of values, in the order of the graph.
  var inputs: [Int] = []
  /// Numbers of values, in the order of the graph.
  var outputs: [Int] = []

  /// Reads a model: every tensor that the graph uses is loaded, which checks its digest.
  init(_ model: Model, operators: OperatorSet) throws(MRDLError) {
    let diagnostics = Diagnostics()
    model.graph.check(tensors: model.tensors.names, diagnostics: diagnostics)
    try diagnostics.throwFirstError()
    try operators.checkAllKnown(model.graph)

    var numbers: [String: Int] = [:]
    for input in model.graph.inputs {
      numbers[input.name] = values.count
      inputs.append(values.count)
      values.append(Value(name: input.name))
    }
    func number(_ name: String) throws(MRDLError) -> Int {
      if let number = numbers[name] { return number }
      guard let tensor = model.tensors[name] else {
        throw MRDLError(
          .undefinedValue, "a node reads a value that nothing produces", found: "\"\(name)\"")
      }
      let number = values.count
      numbers[name] = number
      values.append(Value(name: name, constant: try tensor.load()))
      return number
    }
    for (index, node) in model.graph.nodes.enumerated() {
      let place = Place("/graph/nodes/\(index) (\(node.displayName))")
      let op = try operators.makeOperator(node, tensors: model.tensors, place: place)
      var instruction = Instruction(op: op, node: node, inputs: [], outputs: [], place: place)
      for name in node.inputs {
        instruction.inputs.append(name.isEmpty ? nil : try number(name))
      }
      for name in node.outputs {
        if name.isEmpty {
          instruction.outputs.append(nil)
        } else {
          numbers[name] = values.count
          instruction.outputs.append(values.count)
          values.append(Value(name: name))
        }
      }
      instructions.append(instruction)
    }
    for output in model.graph.outputs { outputs.append(try number(output.name)) }
  }
}
