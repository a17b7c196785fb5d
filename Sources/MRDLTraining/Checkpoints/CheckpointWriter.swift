internal import MRDLCore
internal import MRDLNumerics

/// Writes checkpoints when they are due.
struct CheckpointWriter {
  private let options: CheckpointOptions?
  private let sampleCount: Int
  private var lastTime = Clock.monotonicNanoseconds
  /// The last checkpoint of this run, where there is one.
  private(set) var lastPath: String?

  init(_ options: CheckpointOptions?, sampleCount: Int) {
    self.options = options
    self.sampleCount = sampleCount
  }

  /// Whether the time since the last checkpoint is over.
  var isDueByTime: Bool {
    guard let interval = options?.secondInterval else { return false }
    return Double(Clock.monotonicNanoseconds - lastTime) >= interval * 1e9
  }

  func isDue(afterEpoch epoch: Int) -> Bool {
    isDueByTime || options?.epochInterval.map { epoch % $0 == 0 } ?? false
  }

  /// Saves the state where checkpoints are wanted at all.
  ///
  /// - Returns: the file, nil where none is wanted.
  /// - Throws: `MRDL5003` rather than saving numbers that are not finite.
  mutating func write(
    _ state: RunState, _ trainer: borrowing Trainer
  ) throws(MRDLError) -> String? {
    guard let options else { return nil }
    guard trainer.store.isFinite else {
      throw trainer.diverged("a parameter is not a finite number", state, lastPath)
    }
    try Checkpoint.write(
      state, model: trainer.model, store: trainer.store, carrier: trainer.carrier,
      options: trainer.options, sampleCount: sampleCount,
      instructionSet: InstructionSet.current.rawValue, to: options)
    lastTime = Clock.monotonicNanoseconds
    lastPath = options.path
    return options.path
  }
}
