internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Finds activations that are written as several nodes: HardSigmoid as Clip(x + 3, 0, 6) / 6, HardSwish as
/// x · HardSigmoid(x) in any of its forms, Swish as x · Sigmoid(x) or x · Sigmoid(c · x).
enum RecogniseActivations: GraphPass {
  static let name = "recognise-activations"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    var search = Search(graph)
    for index in graph.instructions.indices {
      var instruction = search.instructions[index]
      if let x = search.hardSigmoid(instruction) {
        let attributes: [String: AttributeValue] = ["alpha": .float(1 / 6), "beta": .float(0.5)]
        try instruction.rebuild(as: HardSigmoid.self, attributes: attributes)
        instruction.inputs = [x]
      } else if let x = search.hardSwish(instruction) {
        try instruction.rebuild(as: HardSwish.self, attributes: [:])
        instruction.inputs = [x]
      } else if let (x, alpha) = search.swish(instruction) {
        try instruction.rebuild(as: Swish.self, attributes: ["alpha": .float(alpha)])
        instruction.inputs = [x]
      }
      search.instructions[index] = instruction
    }
    graph.instructions = search.instructions
  }

  private struct Search {
    var instructions: [ProgramGraph.Instruction]
    private let facts: [ValueFacts?]
    private let producers: [Int: Int]

    init(_ graph: ProgramGraph) {
      instructions = graph.instructions
      facts = graph.inferredFacts()
      var producers: [Int: Int] = [:]
      for (index, instruction) in graph.instructions.enumerated() {
        for case let output? in instruction.outputs { producers[output] = index }
      }
      self.producers = producers
    }

    private func producer(_ value: Int?) -> ProgramGraph.Instruction? {
      value.flatMap { producers[$0] }.map { instructions[$0] }
    }

    /// A constant without axes.
    private func number(_ value: Int?) -> Double? {
      guard let known = value.flatMap({ facts[$0] }), known.constant != nil, known.rank == 0 else {
        return nil
      }
      return known.number
    }

    /// The other input of a node of two, one of which is a constant that fits.
    private func partner(
      in instruction: ProgramGraph.Instruction, of fits: (Double) -> Bool
    ) -> Int? {
      guard instruction.inputs.count == 2,
        let index = instruction.inputs.firstIndex(where: { number($0).map(fits) ?? false })
      else { return nil }
      return instruction.inputs[1 - index]
    }

    /// What a node divides by 6.
    private func sixfold(_ instruction: ProgramGraph.Instruction) -> Int? {
      switch instruction.op {
      case is Div: number(instruction.inputs[1]) == 6 ? instruction.inputs[0] : nil
      case is Mul: partner(in: instruction) { abs($0 - 1 / 6) < 1e-7 }
      default: nil
      }
    }

    /// x where a value is Clip(x + 3, 0, 6).
    private func clippedSum(_ value: Int?) -> Int? {
      guard let clip = producer(value), clip.op is Clip, clip.inputs.count == 3,
        number(clip.inputs[1]) == 0, number(clip.inputs[2]) == 6,
        let sum = producer(clip.inputs[0]), sum.op is Add,
        let x = partner(in: sum, of: { $0 == 3 }), let type = facts[x]?.scalarType,
        Set.floats.contains(type)
      else { return nil }
      return x
    }

    /// x where a node computes Clip(x + 3, 0, 6) / 6.
    func hardSigmoid(_ instruction: ProgramGraph.Instruction) -> Int? {
      clippedSum(sixfold(instruction))
    }

    /// The two factors of a product, either way around.
    private func factors(_ instruction: ProgramGraph.Instruction) -> [(Int, Int)] {
      guard instruction.op is Mul, let left = instruction.inputs[0],
        let right = instruction.inputs[1]
      else { return [] }
      return [(left, right), (right, left)]
    }

    /// x where a node computes x · HardSigmoid(x), or x · Clip(x + 3, 0, 6) / 6.
    func hardSwish(_ instruction: ProgramGraph.Instruction) -> Int? {
      if let product = producer(sixfold(instruction)) {
        for (x, other) in factors(product) where clippedSum(other) == x { return x }
      }
      for (x, other) in factors(instruction) {
        guard let gate = producer(other), let op = gate.op as? HardSigmoid, gate.inputs[0] == x,
          abs(op.alpha - 1 / 6) < 1e-7, op.beta == 0.5
        else { continue }
        return x
      }
      return nil
    }

    /// x and c where a node computes x · Sigmoid(c · x).
    func swish(_ instruction: ProgramGraph.Instruction) -> (x: Int, alpha: Double)? {
      for (x, other) in factors(instruction) {
        guard let gate = producer(other), gate.op is Sigmoid else { continue }
        if gate.inputs[0] == x { return (x, 1) }
        guard let product = producer(gate.inputs[0]), product.op is Mul,
          let index = product.inputs.firstIndex(of: x),
          let alpha = number(product.inputs[1 - index])
        else { continue }
        return (x, alpha)
      }
      return nil
    }
  }
}
