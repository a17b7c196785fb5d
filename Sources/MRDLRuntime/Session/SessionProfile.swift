public import MRDLOperators

/// Where the time of a session went.
public struct SessionProfile: Sendable {
  /// One node, over all runs.
  public struct Entry: Sendable {
    /// The name of the node, or its operator and output.
    public let name: String
    public let operatorName: String
    /// The way of computing that was chosen by shape where there are several.
    public let method: String?
    /// Of one run.
    public let cost: Cost
    /// Of all measured runs together.
    public internal(set) var nanoseconds: UInt64 = 0
    /// How many runs were measured: fewer than those of the profile where the shapes have changed since.
    public internal(set) var runCount = 0
  }

  /// In the order in which nodes run.
  public internal(set) var entries: [Entry] = []
  /// Runs since the profile was started.
  public internal(set) var runCount = 0
  /// The bytes of the weights as the model holds them.
  public internal(set) var weightByteCount = 0
  /// The bytes of the weights that were put into the layouts that kernels read.
  public internal(set) var packedByteCount = 0
}
