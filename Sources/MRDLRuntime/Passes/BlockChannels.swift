internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators

/// Gives the tensors between convolutions the layout in which channels stand side by side in blocks.
///
/// A convolution begins it, and every operator that can goes on in it; data is reordered where it enters
/// and where an operator or an output needs planes. Each value is reordered once.
enum BlockChannels: GraphPass {
  static let name = "block-channels"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    var rewriting = Rewriting(graph)
    for instruction in graph.instructions { try rewriting.append(instruction) }
    for output in graph.outputs { rewriting.needPlanes(output) }
    graph = rewriting.graph
  }

  private struct Rewriting {
    private(set) var graph: ProgramGraph
    /// The blocked form of values that have one, with their channels.
    private var blocked: [Int: (value: Int, channels: Int)] = [:]
    /// Values that exist in blocks only.
    private var missing: Set<Int> = []
    /// Whether a value that is blocked holds float32.
    private var isReal: [Int: Bool] = [:]
    private let needed: Set<Int>
    private let planar: PlanarConvolutions
    private let width: BlockWidth

    init(_ graph: ProgramGraph) {
      self.graph = graph
      self.graph.instructions = []
      planar = PlanarConvolutions(graph)
      width = Self.width(for: graph, besides: planar)
      needed = graph.instructions.reduce(into: Set(graph.outputs)) { $0.formUnion($1.reads) }
    }

    /// Narrow blocks where they leave a quarter of the lanes of the convolutions less idle, and are quicker
    /// for it: functions are computed for idle lanes, too.
    private static func width(
      for graph: ProgramGraph, besides planar: PlanarConvolutions
    ) -> BlockWidth {
      var lanes = (wide: 0, narrow: 0)
      var hasFunctions = false
      for instruction in graph.instructions {
        guard isConvolution(instruction.op.unfused), !planar.contains(instruction),
          let weights = instruction.inputs[1].flatMap({ graph.values[$0].constant }),
          weights.shape.rank == 4
        else { continue }
        lanes.wide += BlockWidth.wide.paddedChannels(weights.shape[0])
        lanes.narrow += BlockWidth.narrow.paddedChannels(weights.shape[0])
        let fused = instruction.op as? FusedOperator
        if fused?.epilogue.activation.needsSecondPass == true { hasFunctions = true }
      }
      let isQuicker = BlockWidth.isNarrowQuicker || hasFunctions
      return isQuicker && 4 * lanes.narrow <= 3 * lanes.wide ? .narrow : .wide
    }

    private static func isConvolution(_ op: any Operator) -> Bool {
      op is Conv || op is IntegerConv
    }

    private static func givesReals(_ op: any Operator) -> Bool {
      if op is QuantizeLinear { return false }
      return (op.unfused as? IntegerConv)?.scaling.result == nil
    }

    /// Whether an operator takes numbers of eight bits in blocks.
    private func takesBytes(_ op: any Operator) -> Bool {
      let base = op.unfused
      return base is IntegerConv || base is DequantizeLinear
    }

    /// Whether an operator takes the blocked inputs that a node has: few take other numbers than float32.
    private func takesBlocks(_ instruction: ProgramGraph.Instruction) -> Bool {
      if takesBytes(instruction.op) { return true }
      return !instruction.reads.contains { blocked[$0] != nil && !(isReal[$0] ?? true) }
    }

    mutating func append(_ instruction: ProgramGraph.Instruction) throws(MRDLError) {
      guard !planar.contains(instruction), takesBlocks(instruction),
        let form = instruction.op.blocked(request(instruction)),
        let output = instruction.outputs.first ?? nil
      else {
        for value in instruction.reads { needPlanes(value) }
        graph.instructions.append(instruction)
        return
      }
      var inputs: [Int?] = []
      for (index, (input, layout)) in zip(instruction.inputs, form.inputLayouts).enumerated() {
        guard let input else {
          inputs.append(nil)
          continue
        }
        switch layout {
        case .unchanged:
          needPlanes(input)
          inputs.append(input)
        case .blocked(let channels):
          // Convolutions of whole numbers take them first, and maybe a residual of real ones.
          if isReal[input] == nil { isReal[input] = index > 0 || !takesBytes(instruction.op) }
          inputs.append(try inBlocks(input, channels: channels))
        }
      }
      let result = add(Value(name: graph.values[output].name))
      blocked[output] = (result, form.channels)
      isReal[output] = Self.givesReals(form.op)
      missing.insert(output)
      graph.instructions.append(
        ProgramGraph.Instruction(
          op: form.op, node: instruction.node, inputs: inputs, outputs: [result],
          place: instruction.place))
    }

    /// Makes sure that a value exists in planes.
    mutating func needPlanes(_ value: Int) {
      guard missing.remove(value) != nil, let form = blocked[value] else { return }
      convert(FromBlocks(channels: form.channels, width: width), from: form.value, to: value)
    }

    /// The value in blocks, which is made where it does not exist.
    private mutating func inBlocks(_ value: Int, channels: Int) throws(MRDLError) -> Int {
      if let form = blocked[value] { return form.value }
      let number = add(Value(name: graph.values[value].name))
      blocked[value] = (number, channels)
      if let constant = graph.values[value].constant {
        graph.values[number].constant =
          try evaluate(ToBlocks(width: width), inputs: [constant]).first ?? nil
      } else {
        convert(ToBlocks(width: width), from: value, to: number)
      }
      return number
    }

    private mutating func convert(_ op: any Operator, from source: Int, to target: Int) {
      let name = graph.values[target].name
      let type = type(of: op)
      graph.instructions.append(
        ProgramGraph.Instruction(
          op: op, node: Node(type.name, domain: type.domain, inputs: [name], outputs: [name]),
          inputs: [source], outputs: [target], place: Place(name)))
    }

    private mutating func add(_ value: Value) -> Int {
      graph.values.append(value)
      return graph.values.count - 1
    }

    private typealias Value = ProgramGraph.Value

    private func request(_ instruction: ProgramGraph.Instruction) -> BlockingRequest {
      graph.blockingRequest(
        instruction, width: width, channels: { blocked[$0]?.channels }, needs: needed.contains)
    }
  }
}

extension ProgramGraph {
  /// What an operator is asked for its form in blocks with.
  ///
  /// - Parameters:
  ///   - channels: of the values that are blocked; nil for others.
  ///   - needs: whether somebody reads a value.
  func blockingRequest(
    _ instruction: Instruction, width: BlockWidth, channels: (Int) -> Int?, needs: (Int) -> Bool
  ) -> BlockingRequest {
    let inputs = instruction.inputs
    return BlockingRequest(
      hasInput: inputs.map { $0 != nil },
      inputs: inputs.map {
        $0.flatMap { values[$0].constant.map { ValueFacts(constant: $0) } }
      },
      channels: inputs.map { $0.flatMap(channels) },
      needsOutput: instruction.outputs.map { $0.map(needs) ?? false }, width: width)
  }
}
