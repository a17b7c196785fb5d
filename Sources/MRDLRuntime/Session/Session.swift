public import MRDLCore
public import MRDLModel
internal import MRDLOperators

/// One place where a program runs: its working memory, its inputs and its state.
///
/// A session serves one thread at a time; many may share a program. The first run with new shapes
/// plans and allocates; after that, `bind` and `run()` allocate nothing.
public struct Session: ~Copyable, @unchecked Sendable {
  // `@unchecked`: nothing is shared, and running needs exclusive access.

  public let program: Program
  public let options: SessionOptions

  private let execution: Execution
  /// Whether the shapes of the inputs have not been checked against each other.
  private var hasNewShapes = true
  private var runCount: Int?

  public init(_ program: Program, options: SessionOptions = SessionOptions()) {
    self.program = program
    self.options = options
    execution = Execution(program.staged, options: options)
    resetState()
  }

  // MARK: Running

  /// Runs on named inputs and gives every output by its name.
  ///
  /// - Throws: `MRDL4002` for an input that is missing, `MRDL4003` for one that the model lacks,
  ///   `MRDL4001` for one of another shape or type, `MRDL1208` where an output is no tensor, or what an
  ///   operator reports.
  public mutating func run(_ inputs: [String: Tensor]) throws(MRDLError) -> [String: Tensor] {
    if let other = program.outputs.first(where: { $0.kind != .tensor }) {
      throw MRDLError(
        .typeMismatch, "an output of the model is not a tensor", found: "\(other)",
        expected: "run(values:), which gives it as a value")
    }
    for (name, tensor) in inputs { try bind(tensor, toInput: program.inputIndex(name)) }
    try run()
    var outputs: [String: Tensor] = [:]
    for (index, output) in program.outputs.enumerated() {
      outputs[output.name] = self.output(index)
    }
    return outputs
  }

  /// Runs on named inputs of whatever kind, such as sequences, and gives every output by its name.
  ///
  /// A tensor stands for an optional value that is there, `.optional(nil)` for one that is not. Outputs are of
  /// the kind that the model declares.
  ///
  /// - Throws: as `run(_:)` does, but for outputs that are no tensors.
  public mutating func run(
    values inputs: [String: GraphValue]
  ) throws(MRDLError) -> [String: GraphValue] {
    for (name, value) in inputs { try bind(value: value, toInput: program.inputIndex(name)) }
    try run()
    var outputs: [String: GraphValue] = [:]
    for (index, output) in program.outputs.enumerated() {
      outputs[output.name] = outputValue(index)
    }
    return outputs
  }

  /// Gives an input its value for the runs to come. The tensor is shared, not copied.
  ///
  /// - Throws: `MRDL4001` where the type or the shape is not what the model takes.
  public mutating func bind(_ tensor: Tensor, toInput index: Int) throws(MRDLError) {
    guard program.inputs[index].kind == .tensor else {
      return try bind(value: .tensor(tensor), toInput: index)
    }
    // A shape that has been accepted before is not checked again, which would allocate.
    let old = execution.input(index)
    if old?.shape != tensor.shape || old?.scalarType != tensor.scalarType {
      try check(tensor, program.inputs[index])
      hasNewShapes = true
    }
    execution.setInput(index, tensor)
  }

  /// Gives an input a value of whatever kind for the runs to come. Its tensors are shared, not copied.
  ///
  /// - Throws: `MRDL4001` where its kind, type or shape is not what the model takes.
  public mutating func bind(value: GraphValue, toInput index: Int) throws(MRDLError) {
    let info = program.inputs[index]
    if info.kind == .tensor, case .tensor(let tensor)? = value.brought(to: .tensor) {
      return try bind(tensor, toInput: index)
    }
    guard info.admits(value), let value = value.brought(to: info.kind) else {
      throw wrongInput(info, found: value.kindName)
    }
    hasNewShapes = true
    execution.setInput(index, value: value)
  }

  private func check(_ tensor: Tensor, _ info: ValueInfo) throws(MRDLError) {
    guard info.kind == .tensor, info.admits(.tensor(tensor)) else {
      throw wrongInput(info, found: "\(tensor.scalarType.rawValue) \(tensor.shape)")
    }
  }

  private func wrongInput(_ info: ValueInfo, found: String) -> MRDLError {
    MRDLError(
      .wrongInput, "input \"\(info.name)\" does not have the type and shape that the model takes",
      found: found, expected: info.typeDescription)
  }

  /// Runs on the inputs that are bound.
  public mutating func run() throws(MRDLError) {
    if hasNewShapes { try checkInputs() }
    try execution.run()
    try checkOutputs()
    runCount? += 1
    keepState()
  }

  // MARK: Outputs

  /// A copy of an output of the last run.
  ///
  /// - Precondition: the session has run, and the output is a tensor.
  public func output(_ index: Int) -> Tensor { execution.output(index) }

  /// An output of the last run, of the kind that the model declares.
  ///
  /// - Precondition: the session has run.
  public func outputValue(_ index: Int) -> GraphValue {
    let value = execution.outputValue(index)
    return value.brought(to: program.outputs[index].kind) ?? value
  }

  /// The shape of an output of the last run.
  ///
  /// - Precondition: the session has run.
  public func outputShape(_ index: Int) -> Shape { execution.outputFacts(index).shape }

  /// Calls `body` with the bytes of an output of the last run, which lie in the working memory.
  ///
  /// - Precondition: the session has run.
  public func withUnsafeOutput<Result, Failure: Error>(
    _ index: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try execution.withUnsafeOutput(index, body)
  }

  /// Bytes of working memory for the present shapes, and the least that any arrangement needs.
  public var workingByteCount: (arena: Int, live: Int) { execution.workingByteCount }

  /// Refuses outputs that are not of the declared kind, which only nodes that are evaluated on values can give.
  private func checkOutputs() throws(MRDLError) {
    guard !execution.isPlannedAsWhole else { return }
    for (index, info) in program.outputs.enumerated() {
      let value = execution.outputValue(index)
      guard value.brought(to: info.kind) != nil else {
        throw MRDLError(
          .typeMismatch, "output \"\(info.name)\" is of another kind than the model declares",
          found: value.kindName, expected: info.typeDescription)
      }
    }
  }

  /// Makes sure that every input has a value and that they agree in the names of their extents.
  private mutating func checkInputs() throws(MRDLError) {
    var bindings: [String: Int] = [:]
    for (index, info) in program.inputs.enumerated() {
      guard let tensor = execution.input(index) else { continue }
      _ = info.shape?.bind(tensor.shape, bindings: &bindings)
    }
    for (index, info) in program.inputs.enumerated() {
      if info.kind != .tensor, execution.hasInput(index) { continue }
      guard let tensor = execution.input(index) ?? firstState(info, bindings) else {
        throw MRDLError(
          .missingInput, "an input of the model was not given", expected: "\(info)")
      }
      if execution.input(index) == nil { execution.setInput(index, tensor) }
      var bindings = bindings
      guard info.shape?.bind(tensor.shape, bindings: &bindings) ?? true else {
        throw MRDLError(
          .wrongInput, "input \"\(info.name)\" does not fit the other inputs",
          found: "\(tensor.shape)", expected: "\(info.shape?.substituting(bindings) ?? [])")
      }
    }
    hasNewShapes = false
  }

  // MARK: State

  /// Gives every state its first value again.
  public mutating func resetState() {
    for binding in program.state {
      guard let index = program.inputs.firstIndex(where: { $0.name == binding.input }) else {
        continue
      }
      execution.setInput(index, program.initialStates[binding.input])
      hasNewShapes = true
    }
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
      if execution.input(to)?.shape != outputShape(from) { hasNewShapes = true }
      execution.copyOutput(from, toInput: to)
    }
  }

  // MARK: Profile

  /// Begins to measure the time of every node, from the next run on.
  public mutating func startProfile() {
    runCount = 0
    execution.startProfile()
  }

  /// What was measured since `startProfile`, or since the shapes changed.
  public var currentProfile: SessionProfile? {
    guard let runCount else { return nil }
    var profile = SessionProfile()
    profile.entries = execution.profile
    profile.runCount = runCount
    profile.weightByteCount = program.constantByteCount
    profile.packedByteCount = program.packedByteCount
    return profile
  }
}
