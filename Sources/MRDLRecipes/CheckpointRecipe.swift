package import MRDLCore
package import MRDLTraining

/// How often the state of a run is saved.
package struct CheckpointRecipe: Sendable, Hashable {
  /// After so many epochs; nil for never.
  package var epochInterval: Int?
  /// After so many minutes; nil for never.
  package var minuteInterval: Double?

  init(_ cursor: JSONCursor?) throws(MRDLError) {
    guard let cursor else {
      epochInterval = nil
      minuteInterval = 5
      return
    }
    try cursor.refuseUnknownKeys(except: ["epochs", "minutes"])
    epochInterval = try cursor.optional("epochs")?.count()
    minuteInterval = try cursor.optional("minutes")?.positive()
  }

  var encoded: JSONValue {
    .object(
      (epochInterval.map { [JSONMember("epochs", .integer(Int64($0)))] } ?? [])
        + (minuteInterval.map { [JSONMember("minutes", .number($0))] } ?? []))
  }

  /// What the trainer is told.
  package func options(path: String, recipe: JSONValue) -> CheckpointOptions {
    CheckpointOptions(
      path: path, epochInterval: epochInterval, secondInterval: minuteInterval.map { $0 * 60 },
      recipe: recipe)
  }
}
