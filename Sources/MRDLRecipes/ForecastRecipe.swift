internal import MRDLCore

/// How a column of a table, whose rows follow each other in time, is forecast.
package struct ForecastRecipe: Sendable, Hashable {
  /// How many values before it a forecast is made from.
  package var window: Int
  /// How many values are forecast at once.
  package var horizon: Int
  /// After how many rows the series repeats: what the seasonal-naive forecast looks back by.
  package var season: Int
  /// Whether the logarithm is learned, for series that grow by factors.
  package var takesLogarithm: Bool
  /// Lags of differences that are taken one after the other: 1 takes a trend away, the season a pattern that repeats.
  package var differences: [Int]

  init?(_ cursor: JSONCursor?) throws(MRDLError) {
    guard let cursor else { return nil }
    try cursor.refuseUnknownKeys(
      except: ["window", "horizon", "season", "log", "differences"])
    window = try cursor.required("window").count(upTo: 65_536)
    horizon = try cursor.optional("horizon")?.count(upTo: 65_536) ?? 1
    season = try cursor.optional("season")?.count(upTo: 65_536) ?? 1
    takesLogarithm = try cursor.bool("log", default: false)
    differences = []
    if let lags = try cursor.optional("differences") {
      for lag in try lags.elements() { differences.append(try lag.count(upTo: 65_536)) }
    }
    let reach = differences.reduce(0, +)
    guard window > reach else {
      throw MRDLError(
        .badRecipe, "the window leaves nothing when differences are taken", found: "\(window)",
        expected: "more than \(reach)", at: try cursor.required("window").place)
    }
  }

  /// The forecast as JSON, with every default written out.
  var encoded: JSONValue {
    .object([
      "window": .integer(Int64(window)), "horizon": .integer(Int64(horizon)),
      "season": .integer(Int64(season)), "log": .bool(takesLogarithm),
      "differences": .integers(differences),
    ])
  }
}
