internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Finds layer normalisation over the last axis that is written as several nodes:
/// (x − mean(x)) / √(mean((x − mean(x))²) + ε) · scale + B.
enum RecogniseNormalization: GraphPass {
  static let name = "recognise-normalization"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    var search = PatternSearch(graph)
    for index in graph.instructions.indices {
      var instruction = search.instructions[index]
      if let (x, scale, epsilon) = search.scaledNormalization(instruction) {
        try instruction.rebuild(
          as: LayerNormalization.self,
          attributes: ["axis": .integer(-1), "epsilon": .float(epsilon)])
        instruction.inputs = [x, scale]
      } else if let (x, scale, bias, attributes) = search.shiftedNormalization(instruction) {
        try instruction.rebuild(as: LayerNormalization.self, attributes: attributes)
        instruction.inputs = [x, scale, bias]
      } else {
        continue
      }
      search.instructions[index] = instruction
    }
    graph.instructions = search.instructions
  }
}

extension PatternSearch {
  /// x, scale and ε where a node is the product of normalised rows and a constant for each column.
  fileprivate func scaledNormalization(
    _ instruction: ProgramGraph.Instruction
  ) -> (x: Int, scale: Int, epsilon: Double)? {
    guard instruction.op is Mul, let left = instruction.inputs[0], let right = instruction.inputs[1]
    else { return nil }
    for (rows, scale) in [(left, right), (right, left)] {
      guard let (x, epsilon) = normalized(rows), isColumn(scale, of: x) else { continue }
      return (x, scale, epsilon)
    }
    return nil
  }

  /// The inputs of a normalisation without shift, and what a node adds for each column.
  fileprivate func shiftedNormalization(
    _ instruction: ProgramGraph.Instruction
  ) -> (x: Int, scale: Int, bias: Int, attributes: [String: AttributeValue])? {
    guard instruction.op is Add, let left = instruction.inputs[0], let right = instruction.inputs[1]
    else { return nil }
    for (rows, bias) in [(left, right), (right, left)] {
      guard let node = producer(rows), node.op is LayerNormalization, node.inputs.count == 2,
        node.node.attributes["axis"] == .integer(-1), node.outputs == [rows],
        readerCounts[rows] == 1,
        let x = node.inputs[0], let scale = node.inputs[1], isColumn(bias, of: x)
      else { continue }
      return (x, scale, bias, node.node.attributes)
    }
    return nil
  }

  /// Whether a constant has one number for each column of a value.
  private func isColumn(_ value: Int, of x: Int) -> Bool {
    guard let constant = facts[value]?.constant, constant.shape.rank == 1,
      constant.scalarType == facts[x]?.scalarType, let columns = facts[x]?.shape?.dimensions.last
    else { return false }
    return columns == .fixed(constant.elementCount)
  }

  /// x and ε where a value is (x − mean(x)) / √(mean((x − mean(x))²) + ε).
  private func normalized(_ value: Int) -> (x: Int, epsilon: Double)? {
    guard let quotient = producer(value), quotient.op is Div, let centred = quotient.inputs[0],
      let difference = producer(centred), difference.op is Sub, let x = difference.inputs[0],
      isReal(x), let mean = producer(difference.inputs[1]), meanOfRows(mean) == x,
      let root = producer(quotient.inputs[1]), root.op is Sqrt,
      let sum = producer(root.inputs[0]), sum.op is Add,
      let (variance, epsilon) = withNumber(sum, where: { $0 >= 0 }),
      let average = producer(variance), let squares = meanOfRows(average),
      let square = producer(squares),
      isSquare(square, of: centred)
    else { return nil }
    return (x, epsilon)
  }

  private func isSquare(_ instruction: ProgramGraph.Instruction, of value: Int) -> Bool {
    if instruction.op is Mul { return instruction.inputs == [value, value] }
    return instruction.op is Pow && instruction.inputs[0] == value
      && number(instruction.inputs[1], beside: value) == 2
  }

  /// What a node takes the means of the last axis of, which stays with one element.
  private func meanOfRows(_ instruction: ProgramGraph.Instruction) -> Int? {
    guard instruction.op is ReduceMean, instruction.inputs.count == 2,
      instruction.node.attributes["keepdims"] ?? .integer(1) == .integer(1),
      let x = instruction.inputs[0], let rank = facts[x]?.rank,
      let axes = instruction.inputs[1].flatMap({ facts[$0]?.constant }), axes.elementCount == 1,
      axes.scalarType == .int64, let axis = facts[instruction.inputs[1] ?? 0]?.number,
      axis == -1 || axis == Double(rank - 1)
    else { return nil }
    return x
  }
}
