public import MRDLCore

/// How a model was trained: enough to do it again.
public struct TrainingRecord: Sendable, Hashable {
  /// The recipe with every default written out.
  public var recipe: JSONValue
  public var seed: UInt64
  /// The instruction set of the kernels; the same one repeats a run bit for bit.
  public var instructionSet: String
  public var history: [Epoch]
  /// What going on needs; only in a checkpoint.
  public var state: TrainingState?

  /// What was measured in one epoch: loss and metrics by name, such as `loss` or `validation_accuracy`.
  public struct Epoch: Sendable, Hashable {
    /// Counted from 1.
    public var epoch: Int
    public var values: [String: Double]

    public init(epoch: Int, values: [String: Double]) {
      self.epoch = epoch
      self.values = values
    }
  }

  public init(
    recipe: JSONValue, seed: UInt64, instructionSet: String, history: [Epoch] = [],
    state: TrainingState? = nil
  ) {
    self.recipe = recipe
    self.seed = seed
    self.instructionSet = instructionSet
    self.history = history
    self.state = state
  }
}

extension TrainingRecord {
  /// A word of the recipe's data; nil where there is none of that key.
  package func dataWord(_ key: String) -> String? {
    if case .string(let word)? = recipe["data"]?[key] { word } else { nil }
  }
}
