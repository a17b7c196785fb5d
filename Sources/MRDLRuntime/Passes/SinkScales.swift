internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// Moves products with one positive number towards the end of the graph, into the weights that they meet.
///
/// With s > 0, max(s · x, 0) = s · max(x, 0), and the same holds of pooling and of sums whose addends share
/// s; a layer takes s into its weights, W ∗ (s · x) + b = (s · W) ∗ x + b. In a residual block the other
/// addend is a layer, which is divided by s. The pass is undone where it leaves as many products as it found.
enum SinkScales: GraphPass {
  static let name = "sink-scales"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    var sinking = Sinking(graph)
    for instruction in graph.instructions { try sinking.take(instruction) }
    if sinking.insertedCount < sinking.removedCount { graph = sinking.result }
  }

  private struct Sinking {
    private var graph: ProgramGraph
    private let facts: [ValueFacts?]
    private let readerCounts: [Int]
    /// Values that keep their content: outputs, and what graphs inside nodes read.
    private let pinned: Set<Int>
    private var kept: [ProgramGraph.Instruction] = []
    /// The position in `kept` of what makes a value.
    private var producers: [Int: Int] = [:]
    /// What holds a value now, which may be its own number, and the factor that it is to be taken times.
    private var scaled: [Int: (value: Int, scale: Double)] = [:]
    /// The products that were put back, by value.
    private var products: [Int: Int] = [:]
    private(set) var removedCount = 0
    private(set) var insertedCount = 0

    /// Factors beyond this, or its reciprocal, do not go further.
    private static let mostScale = 0x1p40

    init(_ graph: ProgramGraph) {
      self.graph = graph
      facts = graph.inferredFacts()
      readerCounts = graph.readerCounts()
      pinned = Set(graph.outputs).union(graph.capturedValues)
    }

    var result: ProgramGraph {
      var result = graph
      result.instructions = kept
      return result
    }

    mutating func take(_ instruction: ProgramGraph.Instruction) throws(MRDLError) {
      if takeScale(instruction) { return }
      guard instruction.reads.contains(where: { scaled[$0] != nil }) else {
        append(instruction)
        return
      }
      if try takeLayer(instruction) { return }
      if try takeSum(instruction) { return }
      if takeHomogeneous(instruction) { return }
      try putBack(instruction)
    }

    private mutating func append(_ instruction: ProgramGraph.Instruction) {
      for case let output? in instruction.outputs { producers[output] = kept.count }
      kept.append(instruction)
    }

    /// What holds a value now, and the factor that it is to be taken times.
    private func source(_ value: Int) -> (value: Int, scale: Double) {
      scaled[value] ?? (value, 1)
    }

    /// Appends an instruction whose output is to be taken times a factor.
    private mutating func append(_ instruction: ProgramGraph.Instruction, times scale: Double) {
      append(instruction)
      if scale != 1, case let output?? = instruction.outputs.first {
        scaled[output] = (output, scale)
      }
    }

    // MARK: Kinds of nodes

    /// A product of an activation, a sum or a pooled value with a number vanishes.
    private mutating func takeScale(_ instruction: ProgramGraph.Instruction) -> Bool {
      guard let map = ChannelMap(instruction, graph, facts), map.axis == nil, !map.shifts,
        map.scale.count == 1, map.scale[0] > 0, case let output?? = instruction.outputs.first,
        !pinned.contains(output), facts[output]?.scalarType == .float32
      else { return false }
      let (value, before) = source(map.input)
      let scale = before * map.scale[0]
      guard scale < Self.mostScale, scale > 1 / Self.mostScale,
        before != 1 || producers[value].map({ isStart(kept[$0]) }) ?? false
      else { return false }
      scaled[output] = (value, scale)
      removedCount += 1
      return true
    }

    private func isStart(_ producer: ProgramGraph.Instruction) -> Bool {
      isHomogeneous(producer) || producer.op is Add
    }

    /// Whether a node gives s · y for s · x with s > 0.
    private func isHomogeneous(_ instruction: ProgramGraph.Instruction) -> Bool {
      switch instruction.op.asFunction?.function {
      case .relu, .leakyRelu: return true
      default: break
      }
      return instruction.op is MaxPool || instruction.op is AveragePool
        || instruction.op is GlobalAveragePool || instruction.op is GlobalMaxPool
        || instruction.op is Flatten || instruction.op is Reshape
    }

    private mutating func takeHomogeneous(_ instruction: ProgramGraph.Instruction) -> Bool {
      guard isHomogeneous(instruction),
        let input = instruction.inputs[0],
        instruction.inputs.dropFirst().allSatisfy({ $0.map { scaled[$0] == nil } ?? true }),
        isFree(instruction)
      else { return false }
      let (value, scale) = source(input)
      var moved = instruction
      moved.inputs[0] = value
      append(moved, times: scale)
      return true
    }

    /// Whether the first output of an instruction may hold something else.
    private func isFree(_ instruction: ProgramGraph.Instruction) -> Bool {
      instruction.outputs.allSatisfy { $0.map { !pinned.contains($0) } ?? true }
    }

    private mutating func takeLayer(
      _ instruction: ProgramGraph.Instruction
    ) throws(MRDLError) -> Bool {
      guard let input = instruction.inputs[0], let (value, scale) = scaled[input],
        instruction.inputs.dropFirst().allSatisfy({ $0.map { scaled[$0] == nil } ?? true }),
        let layer = LinearLayer(instruction, graph, facts),
        var fed = layer.fed(scale: scale, in: &graph)
      else { return false }
      fed.inputs[0] = value
      append(fed)
      return true
    }

    private mutating func takeSum(
      _ instruction: ProgramGraph.Instruction
    ) throws(MRDLError) -> Bool {
      guard instruction.op is Add, let left = instruction.inputs[0],
        let right = instruction.inputs[1], isFree(instruction)
      else { return false }
      let (a, b) = (source(left), source(right))
      if a.scale != b.scale {
        // The addend without a factor is divided by the other one's.
        guard a.scale == 1 || b.scale == 1 else { return false }
        let (plain, scale) = a.scale == 1 ? (a.value, b.scale) : (b.value, a.scale)
        guard readerCounts[plain] == 1, !pinned.contains(plain), let position = producers[plain],
          kept[position].outputs == [plain],
          let layer = LinearLayer(kept[position], graph, facts),
          let divided = try layer.followed(by: ChannelMap(scale: 1 / scale, of: plain), in: &graph)
        else { return false }
        kept[position] = divided
      }
      var moved = instruction
      moved.inputs = [a.value, b.value]
      append(moved, times: a.scale == 1 ? b.scale : a.scale)
      return true
    }

    /// Any other node reads the products themselves.
    private mutating func putBack(_ instruction: ProgramGraph.Instruction) throws(MRDLError) {
      var reader = instruction
      for (index, input) in instruction.inputs.enumerated() {
        if let input { reader.inputs[index] = try product(input) }
      }
      append(reader)
    }

    private mutating func product(_ input: Int) throws(MRDLError) -> Int {
      guard let (value, scale) = scaled[input] else { return input }
      if let product = products[input] { return product }
      let name = graph.values[input].name
      let factor = graph.addConstant(Tensor(scalar: Float(scale)), name: "\(name)/scale")
      let product = graph.addValue(name: "\(name)/scaled")
      append(
        try .make(Mul.self, attributes: [:], inputs: [value, factor], outputs: [product], name))
      products[input] = product
      insertedCount += 1
      return product
    }
  }
}
