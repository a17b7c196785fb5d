import Foundation
import MRDLCore
import MRDLInterchange
import MRDLModel
import Testing

/// Forecasts of a column, by the commands.
struct ForecastTests {
  let work: TemporaryDirectory

  init() throws { work = try TemporaryDirectory() }

  private static let season = [0.0, 3, 1, 7, -2]

  /// A trend with a season of five rows.
  private static func value(_ row: Int, log: Bool) -> Double {
    let level = 10 + 0.5 * Double(row)
    return log ? exp(0.03 * level + season[row % 5] / 10) : level + season[row % 5]
  }

  private func table(_ count: Int, log: Bool = false, cell: (Int) -> String? = { _ in nil }) throws
    -> String
  {
    var text = "t,y\n"
    for row in 0..<count { text += "\(row),\(cell(row) ?? "\(Self.value(row, log: log))")\n" }
    return try work.write(Array(text.utf8), "t.csv")
  }

  /// A network without hidden layers, which foretells the mean of the differences before it has learned.
  private func recipe(_ forecast: String) throws -> String {
    try work.write(
      Array(
        """
        {"name": "f", "data": {"forecast": \(forecast)}, "loss": "quadratic", "epochs": 1,
         "layers": [{"kind": "flatten"}, {"kind": "dense"}], "initializer": "zeros",
         "optimizer": {"rate": 1e-9}, "validation": 0.1}
        """.utf8), "r.json")
  }

  private func measures(_ text: String) throws -> [String: Double] {
    guard case .object(let members)? = try JSONParser.parse(text)["measures"] else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: members.compactMap {
        if case .number(let number) = $0.value { ($0.key, number) } else { nil }
      })
  }

  /// Differences of a trend with a season are zero, so that a network of zeros goes on with both.
  @Test(arguments: [(1, false), (3, false), (12, false), (1, true), (12, true)])
  func differencesAreTakenBack(_ horizon: Int, log: Bool) throws {
    let data = try table(80, log: log)
    let recipe = try recipe(
      "{\"window\": 9, \"horizon\": \(horizon), \"season\": 5, \"log\": \(log), \"differences\": [1, 5]}"
    )
    let model = work.path("m.mrdl")
    let outcome = try Tool.train.run(recipe, "--data", data, "--output", model)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let score = try Tool.infer.run(model, "--evaluate", data, "--format", "json")
    #expect(score.exitCode == 0, "\(score.errors)")
    let found = try measures(score.output)
    #expect((found["rmse"] ?? .nan) < 1e-4, "\(score.output)")
    // The row after the last one is forecast too.
    let answer = try Tool.infer.run(model, data, "--format", "jsonl")
    let lines = answer.output.split(separator: "\n")
    #expect(lines.count == 80 - 9 + 1)
    #expect(try Tool.validate.run(model).exitCode == 0)
  }

  @Test func theSeasonalNaiveForecastStandsBesideTheScore() throws {
    let data = try table(80)
    let recipe = try recipe(
      "{\"window\": 9, \"horizon\": 7, \"season\": 5, \"differences\": [1, 5]}")
    let model = work.path("m.mrdl")
    let outcome = try Tool.train.run(
      recipe, "--data", data, "--output", model, "--report", work.path("report"))
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    // Five rows of a rise by 2.5 and two of 5.
    let mean = (5 * 2.5 + 2 * 5) / 7
    #expect(
      outcome.output.contains("seasonal naive, 5 before: mae \(String(format: "%.4f", mean))"))
    let card = try ModelFile.open(model).card
    let naive = try #require(card.metrics.first { $0.name == "seasonal_naive_mae" })
    #expect(abs(naive.value - mean) < 1e-9 && naive.split == "test")
    #expect(card.datasets.map(\.sampleCount) == [58 - 9 - 6, 6 - 6, 16 - 6].filter { $0 > 0 })
    let picture = try FileContent.readText(work.path("report/forecast.svg"))
    #expect(picture.contains("seasonal naive") && picture.contains("truth"))
    #expect(try FileContent.readText(work.path("report/index.html")).contains(picture))
  }

  @Test func whatIsLearnedOfTheSeriesIsLearnedOfItsTrainingPart() throws {
    var scales: [[Float]] = []
    for end in ["1", "1e6"] {
      let data = try table(50) { $0 < 36 ? nil : end }
      let model = work.path("m.mrdl")
      let outcome = try Tool.train.run(
        try recipe("{\"window\": 4, \"differences\": [1]}"), "--data", data, "--output", model,
        "--force")
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      let opened = try ModelFile.open(model)
      scales.append(
        try ["input.mean", "input.deviation"].flatMap { name in
          try #require(opened.tensors[name]).load().elements(as: Float.self)
        })
    }
    #expect(scales[0] == scales[1])
  }

  @Test(arguments: [("previous", 6), ("drop", 4)])
  func missingCellsAreNoTargets(_ missing: String, count: Int) throws {
    let data = try table(50) { $0 == 44 || $0 == 49 ? "" : nil }
    let outcome = try Tool.train.run(
      try recipe("{\"window\": 2}"), "--data", data, "--output", work.path("m.mrdl"), "--set",
      "data.missing=\(missing)", "--set", "data.test=0.16")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("on \(count) forecasts"), "\(outcome.output)")
  }

  @Test(arguments: [
    ("{\"window\": 3, \"differences\": [1, 2]}", "/data/forecast/window"),
    ("{\"window\": 3, \"horizont\": 2}", "/data/forecast"),
    ("{\"window\": 400}", "too short"),
    ("{\"window\": 3, \"log\": true}", "no logarithm"),
  ])
  func whatCannotBeIsNamed(_ forecast: String, message: String) throws {
    let data = try table(50) { $0 == 3 ? "0" : nil }
    let outcome = try Tool.train.run(
      try recipe(forecast), "--data", data, "--output", work.path("m.mrdl"))
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
  }
}
