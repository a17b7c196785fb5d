internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Runs one planned stage: its plan for the present shapes, and where all values lie.
final class StageRunner {
  let stage: PlannedStage
  private(set) var plan: Plan?
  private let arena: Arena
  private let options: SessionOptions
  private var inputs: [Tensor?]
  /// The buffers of all steps: what kernels see.
  private var slots: UnsafeMutableBufferPointer<UnsafeMutableRawBufferPointer>
  /// The generation of the arena that `slots` point into.
  private var arenaGeneration = -1
  /// Whether an input has another place than `slots` says.
  private var movedInputs = false
  /// Whether an input has another shape, or a content that may decide shapes.
  private var changedShapes = true
  /// Whether the present run is every other one: see `KernelArguments.startsFromEnd`.
  private var startsFromEnd = true
  /// What was measured of each step; nil where nothing is.
  private(set) var profile: [SessionProfile.Entry]?

  init(_ stage: PlannedStage, arena: Arena, options: SessionOptions) {
    self.stage = stage
    self.arena = arena
    self.options = options
    inputs = [Tensor?](repeating: nil, count: stage.graph.inputs.count)
    slots = .allocate(capacity: 0)
  }

  deinit { slots.deallocate() }

  // MARK: Inputs

  func input(_ index: Int) -> Tensor? { inputs[index] }

  func setInput(_ index: Int, _ tensor: Tensor?) {
    var aligned = tensor
    if let tensor, let width = tensor.scalarType.elementByteCount,
      !tensor.isAligned(toByteCount: width)
    {
      aligned = tensor.copied()
    }
    if inputs[index]?.shape != aligned?.shape
      || inputs[index]?.scalarType != aligned?.scalarType
      || stage.contentDecidesShapes(ofInput: index)
    {
      changedShapes = true
    }
    inputs[index] = aligned
    movedInputs = true
  }

  /// Copies an output of the last run to an input, into the memory that the input has where it fits.
  func copyOutput(_ output: Int, toInput index: Int) {
    guard let known = plan?.outputs[output], var tensor = inputs[index],
      tensor.shape == known.shape, tensor.scalarType == known.scalarType
    else {
      setInput(index, self.output(output))
      return
    }
    inputs[index] = nil
    let place = tensor.storage
    withUnsafeOutput(output) { source in
      tensor.withUnsafeMutableBytes { target in
        if let start = source.baseAddress {
          target.baseAddress?.copyMemory(from: start, byteCount: target.count)
        }
      }
    }
    if tensor.storage !== place { movedInputs = true }
    if stage.contentDecidesShapes(ofInput: index) { changedShapes = true }
    inputs[index] = tensor
  }

  // MARK: Running

  /// Finds the plan for the inputs.
  ///
  /// - Precondition: every input has a value.
  /// - Returns: the stages that take the place of this one, where it was divided.
  func prepare() throws(MRDLError) -> [Stage]? {
    guard changedShapes || plan == nil else { return nil }
    switch try stage.plan(for: inputs.compactMap(\.self)) {
    case .divided(let stages): return stages
    case .plan(let plan): try adopt(plan)
    }
    changedShapes = false
    return nil
  }

  private func adopt(_ plan: Plan) throws(MRDLError) {
    if self.plan === plan { return }
    guard plan.arenaByteCount <= options.workingByteLimit else {
      throw MRDLError(
        .workingMemoryExceeded, "a run would need more working memory than is permitted",
        found: "\(plan.arenaByteCount) bytes", expected: "at most \(options.workingByteLimit)")
    }
    arena.reserve(plan.arenaByteCount)
    self.plan = plan
    slots.deallocate()
    slots = .allocate(capacity: plan.slots.count)
    slots.initialize(repeating: UnsafeMutableRawBufferPointer(start: nil, count: 0))
    arenaGeneration = -1
    if profile != nil { startProfile() }
  }

  /// Runs the plan.
  func run() throws(MRDLError) {
    guard let plan else { return }
    if arenaGeneration != arena.generation {
      for (index, slot) in plan.slots.enumerated() { slots[index] = resolve(slot) }
      arenaGeneration = arena.generation
    } else if movedInputs {
      for (index, slot) in plan.slots.enumerated() {
        if case .input = slot.location { slots[index] = resolve(slot) }
      }
    }
    movedInputs = false
    guard let base = slots.baseAddress.map({ UnsafePointer($0) }) else { return }
    let threadLimit = options.threadLimit ?? 0
    startsFromEnd.toggle()
    let startsFromEnd = startsFromEnd
    // By index: a copy of a step would retain all that it holds, a twentieth of the run of a small network.
    let steps = plan.steps
    for index in steps.indices {
      let arguments = KernelArguments(
        buffers: base + steps[index].firstSlot, inputCount: steps[index].inputCount,
        outputCount: steps[index].outputCount, threadLimit: threadLimit,
        startsFromEnd: startsFromEnd)
      if profile == nil {
        try steps[index].kernel.run(arguments)
      } else {
        let start = Clock.monotonicNanoseconds
        try steps[index].kernel.run(arguments)
        profile?[index].nanoseconds += Clock.monotonicNanoseconds - start
        profile?[index].runCount += 1
      }
    }
  }

  private func resolve(_ slot: Plan.Slot) -> UnsafeMutableRawBufferPointer {
    let start: UnsafeMutableRawPointer?
    switch slot.location {
    case .absent: start = nil
    case .arena(let byteOffset): start = arena.base + byteOffset
    case .constant(let tensor): start = tensor.storage.base + tensor.byteOffset
    case .input(let index): start = inputs[index].map { $0.storage.base + $0.byteOffset }
    }
    return UnsafeMutableRawBufferPointer(start: start, count: start == nil ? 0 : slot.byteCount)
  }

  // MARK: Outputs

  /// A copy of an output of the last run.
  func output(_ index: Int) -> Tensor {
    guard let known = plan?.outputs[index] else {
      preconditionFailure("a stage has no outputs before it has run")
    }
    var tensor = Tensor(zeros: known.shape, scalarType: known.scalarType)
    withUnsafeOutput(index) { source in
      tensor.withUnsafeMutableBytes { target in
        if let from = source.baseAddress, let to = target.baseAddress {
          to.copyMemory(from: from, byteCount: target.count)
        }
      }
    }
    return tensor
  }

  /// Calls `body` with the bytes of an output of the last run.
  func withUnsafeOutput<Result, Failure: Error>(
    _ index: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let known = plan?.outputs[index] else {
      preconditionFailure("a stage has no outputs before it has run")
    }
    return try body(UnsafeRawBufferPointer(resolve(known.slot)))
  }

  // MARK: Profile

  func startProfile() {
    profile = (plan?.steps ?? []).map { step in
      SessionProfile.Entry(
        name: step.node.displayName, operatorName: step.node.qualifiedOperatorName,
        method: step.kernel.method,
        cost: step.cost)
    }
  }
}
