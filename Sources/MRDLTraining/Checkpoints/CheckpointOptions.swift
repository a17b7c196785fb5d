public import MRDLCore

/// Where and how often the state of a run is saved.
public struct CheckpointOptions: Sendable {
  /// The file, `.mrdl`, which each checkpoint replaces atomically: neither a crash nor a full disk harms the
  /// last one.
  public var path: String
  /// Saved after so many epochs; nil for never.
  public var epochInterval: Int?
  /// Saved after the step that ends this time since the last checkpoint, in seconds; nil for never.
  public var secondInterval: Double?
  /// What the checkpoint records as the recipe; resuming hands it back.
  public var recipe: JSONValue

  /// - Precondition: the intervals are positive.
  public init(
    path: String, epochInterval: Int? = 1, secondInterval: Double? = nil,
    recipe: JSONValue = .object([] as [JSONMember])
  ) {
    precondition(epochInterval ?? 1 > 0 && secondInterval ?? 1 > 0, "an interval of nothing")
    self.path = path
    self.epochInterval = epochInterval
    self.secondInterval = secondInterval
    self.recipe = recipe
  }
}
