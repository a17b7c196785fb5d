public import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// One place where a program runs: its working memory, its inputs and its state.
///
/// A session serves one thread at a time; many may share a program. The first run with new shapes
/// plans and allocates; after that, `bind` and `run()` allocate nothing.
public struct Session: ~Copyable, @unchecked Sendable {
  // `@unchecked`: nothing is shared, and running needs exclusive access.

  public let program: Program
  public let options: SessionOptions

  private var inputs: [Tensor?]
  private var plan: Plan?
  private var arena: Arena?
  /// The buffers of all steps: what kernels see.
  private var slots: UnsafeMutableBufferPointer<UnsafeMutableRawBufferPointer>
  /// Whether an input has another place than `slots` says.
  private var movedInputs = false
  /// Whether an input has another shape, or a content that may decide shapes.
  private var changedShapes = true
  private var profile: SessionProfile?

  public init(_ program: Program, options: SessionOptions = SessionOptions()) {
    self.program = program
    self.options = options
    inputs = [Tensor?](repeating: nil, count: program.inputs.count)
    slots = .allocate(capacity: 0)
    resetState()
  }

  deinit { slots.deallocate() }

  // MARK: Running

  /// Runs on named inputs and gives every output by its name.
  ///
  /// - Throws: `MRDL4002` for an input that is missing, `MRDL4003` for one that the model lacks,
  ///   `MRDL4001` for one of another shape or type, or what an operator reports.
  public mutating func run(_ inputs: [String: Tensor]) throws(MRDLError) -> [String: Tensor] {
    for (name, tensor) in inputs { try bind(tensor, toInput: program.inputIndex(name)) }
    try run()
    var outputs: [String: Tensor] = [:]
    for (index, output) in program.outputs.enumerated() {
      outputs[output.name] = self.output(index)
    }
    return outputs
  }

  /// Gives an input its value for the runs to come. The tensor is shared, not copied.
  ///
  /// - Throws: `MRDL4001` where the type or the shape is not what the model takes.
  public mutating func bind(_ tensor: Tensor, toInput index: Int) throws(MRDLError) {
    // A shape that has been accepted before is not checked again, which would allocate.
    if inputs[index]?.shape != tensor.shape || inputs[index]?.scalarType != tensor.scalarType {
      try check(tensor, program.inputs[index])
    }
    var aligned = tensor
    if let width = tensor.scalarType.elementByteCount, !tensor.isAligned(toByteCount: width) {
      aligned = tensor.copied()
    }
    if inputs[index]?.shape != aligned.shape || program.contentDecidesShapes(ofInput: index) {
      changedShapes = true
    }
    inputs[index] = aligned
    movedInputs = true
  }

  private func check(_ tensor: Tensor, _ info: ValueInfo) throws(MRDLError) {
    var bindings: [String: Int] = [:]
    guard tensor.scalarType == info.scalarType,
      info.shape?.bind(tensor.shape, bindings: &bindings) ?? true
    else {
      throw MRDLError(
        .wrongInput, "input \"\(info.name)\" does not have the type and shape that the model takes",
        found: "\(tensor.scalarType.rawValue) \(tensor.shape)",
        expected: "\(info.scalarType.rawValue) \(info.shape?.description ?? "of any shape")")
    }
  }

  /// Runs on the inputs that are bound.
  public mutating func run() throws(MRDLError) {
    if changedShapes || plan == nil { try preparePlan() }
    guard let plan else { return }
    if movedInputs { resolveInputs(plan) }
    let threadLimit = options.threadLimit ?? 0
    guard let base = slots.baseAddress.map({ UnsafePointer($0) }) else { return }
    for (index, step) in plan.steps.enumerated() {
      let arguments = KernelArguments(
        buffers: base + step.firstSlot, inputCount: step.inputCount,
        outputCount: step.outputCount, threadLimit: threadLimit)
      if profile == nil {
        try step.kernel.run(arguments)
      } else {
        let start = Clock.monotonicNanoseconds
        try step.kernel.run(arguments)
        profile?.entries[index].nanoseconds += Clock.monotonicNanoseconds - start
      }
    }
    profile?.runCount += 1
    keepState()
  }

  // MARK: Outputs

  /// A copy of an output of the last run.
  ///
  /// - Precondition: the session has run.
  public func output(_ index: Int) -> Tensor {
    let known = output(at: index)
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

  /// The shape of an output of the last run.
  ///
  /// - Precondition: the session has run.
  public func outputShape(_ index: Int) -> Shape { output(at: index).shape }

  /// Calls `body` with the bytes of an output of the last run, which lie in the working memory.
  ///
  /// - Precondition: the session has run.
  public func withUnsafeOutput<Result, Failure: Error>(
    _ index: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(resolve(output(at: index).slot)))
  }

  private func output(at index: Int) -> Plan.Output {
    guard let plan else { preconditionFailure("a session has no outputs before it has run") }
    return plan.outputs[index]
  }

  // MARK: Memory

  /// Bytes of working memory for the present shapes, and the least that any arrangement needs.
  public var workingByteCount: (arena: Int, live: Int) {
    (plan?.arenaByteCount ?? 0, plan?.liveByteCount ?? 0)
  }

  private mutating func preparePlan() throws(MRDLError) {
    var shapes: [Shape] = []
    var bindings: [String: Int] = [:]
    for (index, info) in program.inputs.enumerated() {
      guard let tensor = inputs[index] else { continue }
      _ = info.shape?.bind(tensor.shape, bindings: &bindings)
    }
    for (index, info) in program.inputs.enumerated() {
      if inputs[index] == nil { inputs[index] = firstState(info, bindings) }
      guard let tensor = inputs[index] else {
        throw MRDLError(
          .missingInput, "an input of the model was not given", expected: "\(info)")
      }
      var bindings = bindings
      guard info.shape?.bind(tensor.shape, bindings: &bindings) ?? true else {
        throw MRDLError(
          .wrongInput, "input \"\(info.name)\" does not fit the other inputs",
          found: "\(tensor.shape)", expected: "\(info.shape?.substituting(bindings) ?? [])")
      }
      shapes.append(tensor.shape)
    }
    let bound = inputs
    let plan = try program.plan(for: shapes) { bound[$0] }
    changedShapes = false
    if self.plan === plan { return }
    guard plan.arenaByteCount <= options.workingByteLimit else {
      throw MRDLError(
        .workingMemoryExceeded, "a run would need more working memory than is permitted",
        found: "\(plan.arenaByteCount) bytes", expected: "at most \(options.workingByteLimit)")
    }
    if arena.map({ $0.byteCount < plan.arenaByteCount }) ?? true {
      arena = Arena(byteCount: plan.arenaByteCount)
    }
    self.plan = plan
    slots.deallocate()
    slots = .allocate(capacity: plan.slots.count)
    for (index, slot) in plan.slots.enumerated() {
      slots.initializeElement(at: index, to: resolve(slot))
    }
    movedInputs = false
    if profile != nil { resetProfile() }
  }

  private func resolveInputs(_ plan: Plan) {
    for (index, slot) in plan.slots.enumerated() {
      if case .input = slot.location { slots[index] = resolve(slot) }
    }
  }

  private func resolve(_ slot: Plan.Slot) -> UnsafeMutableRawBufferPointer {
    let start: UnsafeMutableRawPointer?
    switch slot.location {
    case .absent: start = nil
    case .arena(let byteOffset): start = arena.map { $0.base + byteOffset }
    case .constant(let tensor): start = tensor.storage.base + tensor.byteOffset
    case .input(let index): start = inputs[index].map { $0.storage.base + $0.byteOffset }
    }
    return UnsafeMutableRawBufferPointer(start: start, count: start == nil ? 0 : slot.byteCount)
  }

  // MARK: State

  /// Gives every state its first value again.
  public mutating func resetState() {
    for binding in program.state {
      guard let index = program.inputs.firstIndex(where: { $0.name == binding.input }) else {
        continue
      }
      inputs[index] = program.initialStates[binding.input]
      changedShapes = true
    }
    movedInputs = true
  }

  /// Zeros for a state that has no value yet, where its shape is known.
  private func firstState(_ info: ValueInfo, _ bindings: [String: Int]) -> Tensor? {
    guard program.state.contains(where: { $0.input == info.name }),
      let shape = info.shape?.substituting(bindings).shape
    else { return nil }
    return Tensor(zeros: shape, scalarType: info.scalarType)
  }

  private mutating func keepState() {
    for binding in program.state {
      guard let from = program.outputs.firstIndex(where: { $0.name == binding.output }),
        let to = program.inputs.firstIndex(where: { $0.name == binding.input })
      else { continue }
      let shape = outputShape(from)
      guard var state = inputs[to], state.shape == shape else {
        inputs[to] = output(from)
        changedShapes = true
        movedInputs = true
        continue
      }
      inputs[to] = nil
      let place = state.storage
      withUnsafeOutput(from) { source in
        state.withUnsafeMutableBytes { target in
          if let start = source.baseAddress {
            target.baseAddress?.copyMemory(from: start, byteCount: target.count)
          }
        }
      }
      if state.storage !== place { movedInputs = true }
      inputs[to] = state
    }
  }

  // MARK: Profile

  /// Begins to measure the time of every node, from the next run on.
  public mutating func startProfile() { resetProfile() }

  /// What was measured since `startProfile`, or since the shapes changed.
  public var currentProfile: SessionProfile? { profile }

  private mutating func resetProfile() {
    var fresh = SessionProfile()
    for step in plan?.steps ?? [] {
      fresh.entries.append(
        SessionProfile.Entry(
          name: step.node.displayName, operatorName: step.node.qualifiedOperatorName,
          cost: step.cost, nanoseconds: 0))
    }
    profile = fresh
  }
}

/// The working memory of a session.
private final class Arena {
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    base = .allocate(byteCount: max(byteCount, Storage.alignment), alignment: Storage.alignment)
  }

  deinit { base.deallocate() }
}
