package import MRDLCore
package import MRDLModel
internal import MRDLOperators

extension Model {
  /// The model with what a program would fold into its constants: nodes that do not depend on an input,
  /// identities, nodes that compute the same, padding in front of windows, and scales of channels, such as
  /// batch normalisation, behind convolutions and products.
  ///
  /// What is left are operators of ONNX between the same inputs and outputs, with their names. A number may
  /// differ in its last places, as weights are rounded once more.
  ///
  /// - Throws: what `Program` says of the model.
  package func simplified() throws(MRDLError) -> Model {
    let operators = OperatorSet.standard
    try checkArchitecture(operators)
    var loaded = LoadedTensors(tensors)
    var program = try ProgramGraph(graph, tensors: &loaded, operators: operators)
    let stored = Set(program.values.indices.filter { program.values[$0].isConstant })
    for pass in Self.simplifyingPasses { try pass.apply(to: &program) }
    var writing = GraphWriting(program, stored: stored, of: self)
    return writing.write()
  }

  private static let simplifyingPasses: [any GraphPass.Type] = [
    FoldConstants.self, RemoveIdentities.self, MergeEqualNodes.self, CancelTransposes.self,
    FoldPadding.self, RemoveDeadCode.self, FoldAffine.self, RemoveDeadCode.self,
  ]
}

/// The graph of a program as that of a model.
private struct GraphWriting {
  private let program: ProgramGraph
  /// Values that are tensors of the model as they were.
  private let stored: Set<Int>
  private let source: Model
  private var tensors: TensorTable
  private var taken: Set<String>
  /// Names that something outside the graph knows.
  private var fixedNames: [Int: String] = [:]
  private var names: [Int: String] = [:]

  init(_ program: ProgramGraph, stored: Set<Int>, of source: Model) {
    self.program = program
    self.stored = stored
    self.source = source
    tensors = source.tensors
    taken = source.tensors.names
    taken.formUnion(source.graph.inputs.map(\.name))
    taken.formUnion(source.graph.outputs.map(\.name))
    for node in source.graph.nodes {
      for (_, graph) in node.subgraphs { taken.formUnion(graph.allNames) }
    }
    for (info, value) in zip(source.graph.inputs, program.inputs) { fixedNames[value] = info.name }
    // Graphs inside nodes know the names around them.
    for value in program.capturedValues where fixedNames[value] == nil {
      fixedNames[value] = program.values[value].name
    }
    for (output, value) in zip(source.graph.outputs, program.outputs)
    where fixedNames[value] == nil && !program.values[value].isConstant {
      fixedNames[value] = output.name
    }
  }

  mutating func write() -> Model {
    var nodes: [Node] = []
    for instruction in program.instructions {
      let op = type(of: instruction.op)
      precondition(
        !(instruction.op is any ProgramOperator), "\(op.name) is no operator of a model")
      for value in instruction.captured { _ = name(of: value) }
      var node = Node(
        op.name, domain: op.domain, name: instruction.node.name,
        inputs: instruction.inputs.map { $0.map { name(of: $0) } ?? "" },
        outputs: instruction.outputs.map { $0.map { name(of: $0) } ?? "" },
        attributes: instruction.node.attributes)
      while node.inputs.last == "" { node.inputs.removeLast() }
      while node.outputs.last == "" { node.outputs.removeLast() }
      nodes.append(node)
    }
    for (output, value) in zip(source.graph.outputs, program.outputs) {
      let name = name(of: value)
      if name != output.name {
        nodes.append(Node("Identity", inputs: [name], outputs: [output.name]))
      }
    }
    var model = source
    model.graph.nodes = nodes
    let unneeded = source.graph.capturedNames
      .subtracting(model.graph.capturedNames)
      .subtracting(source.tensorNamesBesideGraph)
    model.tensors = TensorTable(filtering: tensors) { !unneeded.contains($0.info.name) }
    return model
  }

  /// The name of a value; a computed constant becomes a tensor when it is first asked for.
  private mutating func name(of value: Int) -> String {
    if let name = names[value] { return name }
    let wish = program.values[value].name
    let isStored = stored.contains(value)
    let name = fixedNames[value] ?? (isStored ? wish : taken.insertNew(wish, separator: "."))
    names[value] = name
    if !isStored, let constant = program.values[value].constant {
      tensors[name] = ModelTensor(name, constant)
    }
    return name
  }
}
