internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Makes convolutions over one axis ones over two, of which the first has one element, so that they get blocked
/// layouts: (N, C, L) becomes (N, C, 1, L), which moves no data.
///
/// Activations and pooling between them are taken along.
enum LiftSequences: GraphPass {
  static let name = "lift-sequences"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    var lifting = Lifting(graph)
    guard graph.instructions.contains(where: { lifting.isSequenceConvolution($0) }) else { return }
    for instruction in graph.instructions { try lifting.append(instruction) }
    for output in graph.outputs { try lifting.needSequence(output) }
    graph = lifting.graph
  }

  private struct Lifting {
    private(set) var graph: ProgramGraph
    /// The form of values that have four axes as well.
    private var lifted: [Int: Int] = [:]
    /// Values that exist with four axes only.
    private var missing: Set<Int> = []
    /// The constant that names the axis.
    private var axis: Int?

    init(_ graph: ProgramGraph) {
      self.graph = graph
      self.graph.instructions = []
    }

    func isSequenceConvolution(_ instruction: ProgramGraph.Instruction) -> Bool {
      guard instruction.op.unfused is Conv, let weights = instruction.inputs[1],
        let constant = graph.values[weights].constant
      else { return false }
      return constant.shape.rank == 3 && constant.scalarType == .float32
    }

    /// Whether a node goes on with a value of four axes.
    private func goesOn(_ instruction: ProgramGraph.Instruction) -> Bool {
      guard let input = instruction.inputs.first ?? nil, lifted[input] != nil,
        instruction.outputs.dropFirst().allSatisfy({ $0 == nil })
      else { return false }
      let op = instruction.op
      return op is MaxPool || op is AveragePool || op.asFunction != nil
    }

    mutating func append(_ instruction: ProgramGraph.Instruction) throws(MRDLError) {
      let isConvolution = isSequenceConvolution(instruction)
      guard isConvolution || goesOn(instruction), let output = instruction.outputs[0] else {
        for value in instruction.reads { try needSequence(value) }
        graph.instructions.append(instruction)
        return
      }
      var result = instruction
      if isConvolution || instruction.op.asFunction == nil { try liftWindow(&result) }
      for (index, input) in instruction.inputs.enumerated() {
        guard let input else { continue }
        if isConvolution && index == 1 {
          result.inputs[index] = liftedWeights(input)
        } else if !isConvolution || index != 2 {
          result.inputs[index] = try inLine(input)
        }
      }
      let value = graph.addValue(name: graph.values[output].name)
      result.outputs = [value]
      lifted[output] = value
      missing.insert(output)
      graph.instructions.append(result)
    }

    /// Gives the window of a node an axis more.
    private func liftWindow(_ instruction: inout ProgramGraph.Instruction) throws(MRDLError) {
      var node = instruction.node
      for (name, first) in [("kernel_shape", Int64(1)), ("strides", 1), ("dilations", 1)] {
        if case .integers(let numbers)? = node.attributes[name] {
          node.attributes[name] = .integers([first] + numbers)
        }
      }
      if case .integers(let pads)? = node.attributes["pads"], pads.count == 2 {
        node.attributes["pads"] = .integers([0, pads[0], 0, pads[1]])
      }
      var reader = AttributeReader(node, place: instruction.place)
      if let fused = instruction.op as? FusedOperator {
        instruction.op = FusedOperator(try Conv(attributes: &reader), fused.epilogue)
      } else if instruction.op is MaxPool {
        instruction.op = try MaxPool(attributes: &reader)
      } else if instruction.op is AveragePool {
        instruction.op = try AveragePool(attributes: &reader)
      } else {
        instruction.op = try Conv(attributes: &reader)
      }
      instruction.node = node
    }

    private mutating func liftedWeights(_ value: Int) -> Int {
      if let known = lifted[value] { return known }
      let number = graph.addConstant(
        name: graph.values[value].name, from: [graph.values[value]]
      ) { sources in
        guard let weights = sources[0] else {
          preconditionFailure("the weights of a layer are not constant any more")
        }
        let shape = weights.shape
        return weights.reshaped([shape[0], shape[1], 1, shape[2]])
      }
      lifted[value] = number
      return number
    }

    /// Makes sure that a value exists with three axes.
    mutating func needSequence(_ value: Int) throws(MRDLError) {
      guard missing.remove(value) != nil, let form = lifted[value] else { return }
      graph.instructions.append(
        try .make(
          Squeeze.self, attributes: [:], inputs: [form, axisConstant()], outputs: [value],
          graph.values[value].name))
    }

    /// The value with four axes, which is made where it does not exist.
    private mutating func inLine(_ value: Int) throws(MRDLError) -> Int {
      if let form = lifted[value] { return form }
      let form = graph.addValue(name: graph.values[value].name)
      lifted[value] = form
      graph.instructions.append(
        try .make(
          Unsqueeze.self, attributes: [:], inputs: [value, axisConstant()], outputs: [form],
          graph.values[value].name))
      return form
    }

    private mutating func axisConstant() -> Int {
      if let axis { return axis }
      let value = graph.addConstant(Tensor([Int64(2)]), name: "axis")
      axis = value
      return value
    }
  }
}
