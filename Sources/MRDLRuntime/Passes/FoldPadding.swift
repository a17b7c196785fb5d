internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators

/// Lets convolutions and pooling pad by themselves what Pad padded before them, where that is the same:
///
/// - zeros before Conv;
/// - zeros before AveragePool, which then counts them;
/// - before MaxPool minus infinity, or zeros around numbers that are not negative, where every window
///   sees an element.
enum FoldPadding: GraphPass {
  static let name = "fold-padding"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    let facts = graph.inferredFacts()
    var pads: [Int: Padding] = [:]
    var notNegative: Set<Int> = []
    for index in graph.instructions.indices {
      let instruction = graph.instructions[index]
      if let output = instruction.outputs[0], isNotNegative(instruction, facts, notNegative) {
        notNegative.insert(output)
      }
      if let padding = Padding(instruction, facts), let output = instruction.outputs[0] {
        pads[output] = padding
        if padding.value >= 0, notNegative.contains(padding.input) { notNegative.insert(output) }
        continue
      }
      guard let input = instruction.inputs.first ?? nil, let padding = pads[input] else {
        continue
      }
      var folded = instruction
      let isNotNegative = notNegative.contains(padding.input)
      guard try fold(padding, into: &folded, isNotNegative: isNotNegative) else { continue }
      folded.inputs[0] = padding.input
      folded.node.operatorName = "Pad+" + instruction.node.operatorName
      graph.instructions[index] = folded
    }
  }

  /// Whether no element of the first output can be below zero.
  private static func isNotNegative(
    _ instruction: ProgramGraph.Instruction, _ facts: [ValueFacts?], _ known: Set<Int>
  ) -> Bool {
    let op = instruction.op
    if op is Clip {
      guard instruction.inputs.count > 1,
        let low = instruction.inputs[1].flatMap({ facts[$0]?.number })
      else { return false }
      return low >= 0
    }
    if op is MaxPool || op is AveragePool || op is Dropout || op is Identity {
      return instruction.inputs[0].map { known.contains($0) } ?? false
    }
    return op is Relu || op is Sigmoid || op is HardSigmoid || op is MRDLOperators.Softmax
      || op is Abs
  }

  private static func fold(
    _ padding: Padding, into instruction: inout ProgramGraph.Instruction, isNotNegative: Bool
  ) throws(MRDLError) -> Bool {
    var attributes = instruction.node.attributes
    switch instruction.op {
    case let op as Conv:
      guard padding.value == 0, let pads = padding.added(to: op.window) else { return false }
      attributes["auto_pad"] = nil
      attributes["pads"] = pads
      try instruction.rebuild(as: Conv.self, attributes: attributes)
    case let op as AveragePool:
      let hasPads = op.window.pads?.contains { $0 != 0 } ?? false
      guard padding.value == 0, !op.window.roundsUp, !hasPads || op.countsPadding,
        let pads = padding.added(to: op.window)
      else { return false }
      attributes["auto_pad"] = nil
      attributes["pads"] = pads
      attributes["count_include_pad"] = .integer(1)
      try instruction.rebuild(as: AveragePool.self, attributes: attributes)
    case let op as MaxPool:
      let kernel = op.window.kernelShape ?? []
      let isDilated = op.window.dilations?.contains { $0 != 1 } ?? false
      guard padding.value == -.infinity || (padding.value == 0 && isNotNegative),
        !op.window.roundsUp, !isDilated, instruction.outputs.dropFirst().allSatisfy({ $0 == nil }),
        let pads = padding.added(to: op.window), case .integers(let counts) = pads,
        counts.indices.allSatisfy({ kernel.isEmpty || counts[$0] < kernel[$0 % kernel.count] })
      else { return false }
      attributes["auto_pad"] = nil
      attributes["pads"] = pads
      try instruction.rebuild(as: MaxPool.self, attributes: attributes)
    default: return false
    }
    return true
  }

  /// A Pad of the spatial axes by known counts of a known value.
  private struct Padding {
    let input: Int
    let value: Double
    /// Counts before each spatial axis, then behind each.
    let counts: [Int]

    init?(_ instruction: ProgramGraph.Instruction, _ facts: [ValueFacts?]) {
      guard let op = instruction.op as? Pad, op.mode == .constant,
        let input = instruction.inputs[0], let rank = facts[input]?.rank, rank > 2
      else { return nil }
      let operands = Operands(
        instruction.inputs.map { $0.flatMap { facts[$0] } }, outputCount: 1,
        place: instruction.place)
      guard let known = try? op.counts(operands, rank: rank),
        (known.before + known.after).allSatisfy({ $0 >= 0 }),
        known.before[..<2].allSatisfy({ $0 == 0 }), known.after[..<2].allSatisfy({ $0 == 0 })
      else { return nil }
      if instruction.inputs.count > 2, let value = instruction.inputs[2] {
        guard let number = facts[value]?.number else { return nil }
        self.value = number
      } else {
        value = 0
      }
      self.input = input
      counts = Array(known.before[2...] + known.after[2...])
    }

    /// The pads of a window with these in front of them, or nil where they follow from its input.
    func added(to window: WindowAttributes) -> AttributeValue? {
      guard window.autoPad == .notSet || window.autoPad == .valid else { return nil }
      let own = window.pads ?? counts.map { _ in 0 }
      guard own.count == counts.count else { return nil }
      return .integers(zip(own, counts).map { Int64($0 + $1) })
    }
  }
}
