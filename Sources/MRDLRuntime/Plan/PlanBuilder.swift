internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators

/// Makes the plan of a program for inputs of given shapes.
struct PlanBuilder {
  let graph: ProgramGraph
  let packedConstants: PackedConstants
  let precision: ComputePrecision

  /// Values of at most so many elements are computed while planning when they can be, because shapes
  /// may depend on them.
  static let foldLimit = 4096

  /// What is known of each value.
  private var facts: [ValueFacts?]
  /// The value whose bytes a value shares: itself, except for views and work in place.
  private var roots: [Int]
  /// The position in `steps` of the last step that reads the bytes of a root.
  private var lastUses: [Int]
  private var steps: [PendingStep] = []
  /// The instruction that is being scheduled.
  private(set) var position = 0

  private struct PendingStep {
    let instruction: Int
    let kernel: any Kernel
    let cost: Cost
  }

  init(
    graph: ProgramGraph, packedConstants: PackedConstants, precision: ComputePrecision
  ) {
    self.precision = precision
    self.graph = graph
    self.packedConstants = packedConstants
    facts = graph.values.map { value in
      value.derivation == nil ? value.constant.map { ValueFacts(constant: $0) } : nil
    }
    roots = Array(graph.values.indices)
    lastUses = [Int](repeating: -1, count: graph.values.count)
  }

  mutating func plan(inputs: [ValueFacts]) throws(MRDLError) -> Plan {
    for (value, known) in zip(graph.inputs, inputs) { facts[value] = known }
    for index in graph.instructions.indices {
      position = index
      try schedule(index)
    }
    findLastUses()
    return arrange()
  }

  /// What is known of a value; constants that are not kept are computed.
  private func known(_ value: Int) -> ValueFacts? {
    if let facts = facts[value] { return facts }
    let value = graph.values[value]
    return value.derivation == nil ? nil : value.constant.map { ValueFacts(constant: $0) }
  }

  // MARK: Kernels

  /// Infers the outputs of an instruction, and makes its kernel unless nothing has to run.
  private mutating func schedule(_ index: Int) throws(MRDLError) {
    let instruction = graph.instructions[index]
    let inputs = instruction.inputs.map { $0.flatMap(known) }
    if instruction.op.asDataDependent != nil {
      try evaluateNow(instruction, inputs)
      return
    }
    let inferred = try instruction.op.infer(
      Operands(inputs, outputCount: instruction.outputs.count, place: instruction.place))
    var outputs: [ValueFacts?] = []
    for (output, known) in zip(instruction.outputs, inferred) {
      outputs.append(output == nil ? nil : known)
      guard output != nil else { continue }
      guard known.concreteShape != nil else {
        throw MRDLError(
          .dataDependentShape, "the shape of an output is known only while running",
          found: known.shape?.description ?? "unknown", at: instruction.place)
      }
      // Kernels may keep tables of the extents.
      try known.checkByteCount(
        atMost: min(Limits.standard.workingByteCount, Environment.physicalByteCount),
        at: instruction.place)
    }
    if try fold(instruction, inputs: inputs, outputs: outputs) { return }
    for (output, known) in zip(instruction.outputs, outputs) {
      if let output { facts[output] = known }
    }
    if instruction.op.isView, let source = instruction.inputs.first ?? nil,
      let target = instruction.outputs.first ?? nil,
      instruction.outputs.dropFirst().allSatisfy({ $0 == nil })
    {
      roots[target] = root(source)
      return
    }
    let request = KernelRequest(
      inputs: inputs, outputs: outputs, packedConstants: packedConstants,
      precision: precision, place: instruction.place)
    steps.append(
      PendingStep(
        instruction: index, kernel: try instruction.op.preparedKernel(request),
        cost: instruction.op.cost(inputs: inputs, outputs: outputs)))
  }

  /// Computes the outputs of an instruction from inputs that are all known.
  ///
  /// - Throws: `MRDL4004` where they are not.
  private mutating func evaluateNow(
    _ instruction: ProgramGraph.Instruction, _ inputs: [ValueFacts?]
  ) throws(MRDLError) {
    for (input, known) in zip(instruction.inputs, inputs)
    where input != nil && known?.constant == nil {
      throw MRDLError(
        .dataDependentShape, "the shape of an output is known only while running",
        at: instruction.place)
    }
    let results = try evaluate(
      instruction.op, inputs: inputs.map { $0?.constant },
      outputCount: instruction.outputs.count, place: instruction.place)
    for (output, result) in zip(instruction.outputs, results) {
      if let output, let result { facts[output] = ValueFacts(constant: result) }
    }
  }

  /// Computes small outputs whose inputs are all known by now.
  private mutating func fold(
    _ instruction: ProgramGraph.Instruction, inputs: [ValueFacts?], outputs: [ValueFacts?]
  ) throws(MRDLError) -> Bool {
    for (output, known) in zip(instruction.outputs, outputs) {
      guard output != nil else { continue }
      guard let count = known?.concreteShape?.elementCount, count <= Self.foldLimit else {
        return false
      }
    }
    if outputs.allSatisfy({ $0 == nil || $0?.constant != nil }) {
      // Inference alone knows the content, as for the operator Shape.
      for (output, known) in zip(instruction.outputs, outputs) {
        if let output { facts[output] = known }
      }
      return true
    }
    let constants = inputs.map { $0?.constant }
    for (input, constant) in zip(instruction.inputs, constants)
    where input != nil && constant == nil {
      return false
    }
    let results = try evaluate(
      instruction.op, inputs: constants, outputCount: instruction.outputs.count,
      place: instruction.place)
    for (output, result) in zip(instruction.outputs, results) {
      if let output, let result { facts[output] = ValueFacts(constant: result) }
    }
    return true
  }

  // MARK: Memory

  private func root(_ value: Int) -> Int { roots[value] }

  /// Whether the bytes of a root lie in the arena.
  private func isInArena(_ root: Int) -> Bool {
    facts[root]?.constant == nil && !graph.values[root].isConstant && !graph.inputs.contains(root)
  }

  private mutating func findLastUses() {
    for (position, step) in steps.enumerated() {
      for case let input? in graph.instructions[step.instruction].inputs {
        lastUses[root(input)] = position
      }
      for case let output? in graph.instructions[step.instruction].outputs {
        lastUses[root(output)] = max(lastUses[root(output)], position)
      }
    }
    for output in graph.outputs { lastUses[root(output)] = steps.count }
  }

  /// Lets outputs take the memory of inputs that nobody reads any more.
  private mutating func shareInPlace(_ position: Int) {
    let step = steps[position]
    let instruction = graph.instructions[step.instruction]
    var taken: Set<Int> = []
    for (input, output) in step.kernel.inPlacePairs {
      guard input < instruction.inputs.count, output < instruction.outputs.count,
        let source = instruction.inputs[input], let target = instruction.outputs[output]
      else { continue }
      let sourceRoot = root(source)
      let readers = instruction.inputs.compactMap(\.self).filter { root($0) == sourceRoot }
      guard isInArena(sourceRoot), lastUses[sourceRoot] == position, readers.count == 1,
        byteCount(source) == byteCount(target), root(target) == target,
        !taken.contains(sourceRoot)
      else { continue }
      taken.insert(sourceRoot)
      // The views of the target already point at it: move them along.
      let lastUse = lastUses[target]
      for value in roots.indices where roots[value] == target { roots[value] = sourceRoot }
      lastUses[sourceRoot] = lastUse
    }
  }

  private func byteCount(_ value: Int) -> Int {
    guard let known = known(value), let shape = known.concreteShape else { return 0 }
    return known.scalarType.byteCount(elementCount: shape.elementCount) ?? 0
  }

  private mutating func arrange() -> Plan {
    var firstUses = [Int](repeating: -1, count: roots.count)
    for position in steps.indices {
      shareInPlace(position)
      for case let output? in graph.instructions[steps[position].instruction].outputs
      where firstUses[root(output)] < 0 {
        firstUses[root(output)] = position
      }
    }
    // The blocks of values, then a workspace for each step.
    var blocks: [MemoryPlan.Block] = []
    var blockOfRoot: [Int: Int] = [:]
    for root in roots.indices where firstUses[root] >= 0 && roots[root] == root && isInArena(root) {
      blockOfRoot[root] = blocks.count
      blocks.append(
        MemoryPlan.Block(
          byteCount: byteCount(root), firstStep: firstUses[root], lastStep: lastUses[root]))
    }
    let firstWorkspace = blocks.count
    for (position, step) in steps.enumerated() {
      blocks.append(
        MemoryPlan.Block(
          byteCount: step.kernel.workspaceByteCount, firstStep: position, lastStep: position))
    }
    let memory = MemoryPlan(blocks)

    func slot(_ value: Int?) -> Plan.Slot {
      guard let value else { return Plan.Slot(location: .absent, byteCount: 0) }
      let root = root(value)
      let location: Plan.Location
      if let constant = known(value)?.constant ?? known(root)?.constant {
        location = .constant(constant)
      } else if let input = graph.inputs.firstIndex(of: root) {
        location = .input(input)
      } else if let block = blockOfRoot[root] {
        location = .arena(byteOffset: memory.byteOffsets[block])
      } else {
        location = .absent
      }
      return Plan.Slot(location: location, byteCount: byteCount(value))
    }

    var slots: [Plan.Slot] = []
    var planned: [Plan.Step] = []
    for (position, step) in steps.enumerated() {
      let instruction = graph.instructions[step.instruction]
      planned.append(
        Plan.Step(
          kernel: step.kernel, firstSlot: slots.count, inputCount: instruction.inputs.count,
          outputCount: instruction.outputs.count, node: instruction.node, cost: step.cost))
      let unread = step.kernel.unreadInputs
      slots += instruction.inputs.enumerated().map { index, value in
        slot(unread.contains(index) ? nil : value)
      }
      slots += instruction.outputs.map(slot)
      let workspace = step.kernel.workspaceByteCount
      slots.append(
        Plan.Slot(
          location: workspace == 0
            ? .absent : .arena(byteOffset: memory.byteOffsets[firstWorkspace + position]),
          byteCount: workspace))
    }
    let outputs = graph.outputs.map { value in
      let known = known(value)
      return Plan.Output(
        slot: slot(value), scalarType: known?.scalarType ?? .float32,
        shape: known?.concreteShape ?? .scalar)
    }
    return Plan(
      steps: planned, slots: slots, outputs: outputs, arenaByteCount: memory.byteCount,
      liveByteCount: memory.liveByteCount)
  }
}
