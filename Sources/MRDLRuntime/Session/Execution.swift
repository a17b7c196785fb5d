internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Runs a staged graph: one stage after the other, with a table of the values between them.
///
/// A graph of one planned stage has no table: its inputs and outputs are those of the stage, and a run
/// with known shapes allocates nothing.
final class Execution {
  private enum Runner {
    case planned(StageRunner)
    case evaluated(NodeRunner)
  }

  private let graph: ProgramGraph
  /// Whether only tensors pass the border of the graph.
  private let hasTensorsAtBorder: Bool
  private let options: SessionOptions
  private let arena = Arena()
  private var stages: [Stage]
  private var runners: [Runner]
  /// The inputs, where there are several stages.
  private var inputs: [GraphValue?]
  /// By the number of the value, while several stages run.
  private var values: [GraphValue?] = []
  /// For each stage the values that no later one reads.
  private var lastReads: [[Int]] = []
  private var isProfiling = false

  init(_ staged: StagedGraph, options: SessionOptions) {
    graph = staged.graph
    hasTensorsAtBorder = staged.graph.hasTensorsAtBorder
    stages = staged.stages
    self.options = options
    inputs = [GraphValue?](repeating: nil, count: staged.graph.inputs.count)
    runners = []
    runners = stages.map(makeRunner)
    findLastReads()
  }

  private func makeRunner(_ stage: Stage) -> Runner {
    switch stage {
    case .planned(let stage):
      let runner = StageRunner(stage, arena: arena, options: options)
      if isProfiling { runner.startProfile() }
      return .planned(runner)
    case .evaluated(let stage):
      let runner = NodeRunner(stage, options: options)
      if isProfiling { runner.startProfile() }
      return .evaluated(runner)
    }
  }

  /// The runner of a graph that is planned as a whole.
  private var whole: StageRunner? {
    if runners.count == 1, case .planned(let runner) = runners[0], hasTensorsAtBorder {
      runner
    } else {
      nil
    }
  }

  /// Whether the graph has no values beside those of its one stage.
  var isPlannedAsWhole: Bool { whole != nil }

  // MARK: Inputs

  func input(_ index: Int) -> Tensor? {
    if let whole { return whole.input(index) }
    if case .tensor(let tensor)? = inputs[index] { return tensor }
    return nil
  }

  func setInput(_ index: Int, _ tensor: Tensor?) {
    if let whole {
      whole.setInput(index, tensor)
    } else {
      inputs[index] = tensor.map { .tensor($0) }
    }
  }

  /// Whether an input has a value, of whatever kind.
  func hasInput(_ index: Int) -> Bool {
    whole.map { $0.input(index) != nil } ?? (inputs[index] != nil)
  }

  /// Gives an input a value that need not be a tensor.
  ///
  /// - Precondition: it is a tensor where the graph takes nothing else.
  func setInput(_ index: Int, value: GraphValue) {
    if case .tensor(let tensor) = value {
      setInput(index, tensor)
    } else {
      inputs[index] = value
    }
  }

  /// Copies an output of the last run to an input, for states.
  func copyOutput(_ output: Int, toInput index: Int) {
    if let whole {
      whole.copyOutput(output, toInput: index)
    } else {
      inputs[index] = value(graph.outputs[output])
    }
  }

  // MARK: Running

  /// Runs a graph inside a node.
  ///
  /// - Parameter inputs: its own inputs, then the values that it reads from the graph around.
  func run(_ inputs: [GraphValue?]) throws(MRDLError) -> [GraphValue] {
    guard inputs.count == self.inputs.count else {
      throw MRDLError(
        .wrongInputCount, "a graph inside a node takes another number of inputs",
        found: "\(inputs.count)", expected: "\(self.inputs.count)")
    }
    for (index, input) in inputs.enumerated() {
      if let whole {
        guard case .tensor(let tensor)? = input else {
          throw notATensor(graph.inputs[index], input)
        }
        whole.setInput(index, tensor)
      } else {
        self.inputs[index] = input
      }
    }
    try run()
    var outputs: [GraphValue] = []
    for (index, number) in graph.outputs.enumerated() {
      guard let value = whole.map({ .tensor($0.output(index)) }) ?? value(number) else {
        throw MRDLError(
          .undefinedOutput, "an output of a graph is not produced",
          found: "\"\(graph.values[number].name)\"")
      }
      outputs.append(value)
    }
    return outputs
  }

  /// Runs on the inputs that are set.
  ///
  /// - Precondition: every input has a value.
  func run() throws(MRDLError) {
    if let whole {
      guard let parts = try whole.prepare() else {
        try whole.run()
        return
      }
      for index in inputs.indices {
        inputs[index] = whole.input(index).map { .tensor($0) }
      }
      divide(0, into: parts)
    }
    try runStages()
  }

  private func runStages() throws(MRDLError) {
    values = [GraphValue?](repeating: nil, count: graph.values.count)
    for (number, input) in zip(graph.inputs, inputs) { values[number] = input }
    var index = 0
    while index < runners.count {
      switch runners[index] {
      case .planned(let runner):
        for (position, number) in runner.stage.graph.inputs.enumerated() {
          guard case .tensor(let tensor)? = value(number) else {
            throw notATensor(number, value(number))
          }
          runner.setInput(position, tensor)
        }
        if let parts = try runner.prepare() {
          divide(index, into: parts)
          continue
        }
        try runner.run()
        for (position, number) in runner.stage.graph.outputs.enumerated() {
          values[number] = .tensor(runner.output(position))
        }
      case .evaluated(let runner):
        let results = try runner.run { self.value($0) }
        for (number, result) in zip(runner.stage.instruction.outputs, results) {
          if let number { values[number] = result }
        }
      }
      for number in lastReads[index] { values[number] = nil }
      index += 1
    }
  }

  private func divide(_ index: Int, into parts: [Stage]) {
    stages.replaceSubrange(index...index, with: parts)
    runners.replaceSubrange(index...index, with: parts.map(makeRunner))
    findLastReads()
  }

  private func findLastReads() {
    var last: [Int: Int] = [:]
    for (index, stage) in stages.enumerated() {
      for number in stage.reads { last[number] = index }
    }
    lastReads = [[Int]](repeating: [], count: stages.count)
    for (number, index) in last where !graph.outputs.contains(number) {
      lastReads[index].append(number)
    }
  }

  private func value(_ number: Int) -> GraphValue? {
    values[number] ?? graph.values[number].constant.map { .tensor($0) }
  }

  private func notATensor(_ number: Int, _ value: GraphValue?) -> MRDLError {
    MRDLError(
      .typeMismatch, "value \"\(graph.values[number].name)\" is not a tensor",
      found: value?.kindName ?? "nothing", expected: "a tensor")
  }

  // MARK: Outputs

  /// The type and shape of an output of the last run.
  func outputFacts(_ index: Int) -> (scalarType: ScalarType, shape: Shape) {
    if let whole {
      guard let known = whole.plan?.outputs[index] else { preconditionFailure(Self.notRun) }
      return (known.scalarType, known.shape)
    }
    let tensor = tensorOutput(index)
    return (tensor.scalarType, tensor.shape)
  }

  /// An output of the last run.
  func output(_ index: Int) -> Tensor {
    whole?.output(index) ?? tensorOutput(index)
  }

  /// An output of the last run, of whatever kind.
  func outputValue(_ index: Int) -> GraphValue {
    if let whole { return .tensor(whole.output(index)) }
    guard !values.isEmpty, let value = value(graph.outputs[index]) else {
      preconditionFailure(Self.notRun)
    }
    return value
  }

  func withUnsafeOutput<Result, Failure: Error>(
    _ index: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if let whole { return try whole.withUnsafeOutput(index, body) }
    return try tensorOutput(index).withUnsafeBytes(body)
  }

  private func tensorOutput(_ index: Int) -> Tensor {
    guard !values.isEmpty,
      case .tensor(let tensor)? = value(graph.outputs[index])?.brought(to: .tensor)
    else { preconditionFailure(Self.notRun) }
    return tensor
  }

  private static let notRun = "a session has no outputs before it has run"

  // MARK: Memory and profile

  /// Bytes of working memory for the present shapes, and the least that any arrangement needs.
  var workingByteCount: (arena: Int, live: Int) {
    var result = (arena: 0, live: 0)
    for case .planned(let runner) in runners {
      result.arena = max(result.arena, runner.plan?.arenaByteCount ?? 0)
      result.live = max(result.live, runner.plan?.liveByteCount ?? 0)
    }
    return result
  }

  func startProfile() {
    isProfiling = true
    for runner in runners {
      switch runner {
      case .planned(let runner): runner.startProfile()
      case .evaluated(let runner): runner.startProfile()
      }
    }
  }

  /// What was measured, in the order in which nodes run.
  var profile: [SessionProfile.Entry] {
    runners.flatMap { runner -> [SessionProfile.Entry] in
      switch runner {
      case .planned(let runner): runner.profile ?? []
      case .evaluated(let runner): runner.profile.map { [$0] } ?? []
      }
    }
  }
}
