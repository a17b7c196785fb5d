import Foundation
import MRDLCore
import MRDLInterchange
import MRDLModel
import Testing

/// Sequences with a class or quantities at every step, and pieces of series, by the commands.
struct SequenceTests {
  let work: TemporaryDirectory

  init() throws { work = try TemporaryDirectory() }

  static let (count, steps) = (90, 7)

  static func length(_ row: Int) -> Int { 3 + row * 3 % 5 }

  /// 0 or 1, without a pattern that is easily seen.
  static func bit(_ row: Int, _ step: Int) -> Int {
    var value = UInt32(truncatingIfNeeded: row * 7919 + step * 104_729 + 12345)
    value ^= value << 13
    value ^= value >> 17
    value ^= value << 5
    return Int(value >> 7 & 1)
  }

  /// Inputs of bits, some of them padding.
  private func inputs(padding: Float) -> Tensor {
    Tensor(
      (0..<Self.count).flatMap { row in
        (0..<Self.steps).map { $0 < Self.length(row) ? Float(Self.bit(row, $0)) : padding }
      }, shape: Shape([Self.count, Self.steps, 1]))
  }

  /// The bit of the step before, which is not known at the first step.
  private func classes(padding: Int64) -> Tensor {
    Tensor(
      (0..<Self.count).flatMap { row in
        (0..<Self.steps).map { step in
          step == 0 ? -1 : step < Self.length(row) ? Int64(Self.bit(row, step - 1)) : padding
        }
      }, shape: Shape([Self.count, Self.steps]))
  }

  private func collection(_ name: String, _ arrays: [String: Tensor]) throws -> String {
    let root = work.path(name)
    try FileSystem.createDirectory(root)
    for (name, tensor) in arrays {
      try NPY.write(tensor, to: "\(root)/\(name).npy", replacing: true)
    }
    return root
  }

  private var lengths: Tensor { Tensor((0..<Self.count).map { Int64(Self.length($0)) }) }

  private func recipe(_ layers: String, loss: String, _ more: String = "") throws -> String {
    try work.write(
      Array(
        """
        {"name": "steps", "loss": "\(loss)", "epochs": 60, "batch": 8, "initializer": "glorot",
         "data": {"stepwise": true, "lengths": "n", "test": 0.2}, \(more)
         "optimizer": {"kind": "adam", "rate": 0.02}, "validation": 0.1,
         "layers": [{"kind": "lstm", "units": 8, "sequences": true}, \(layers)]}
        """.utf8), "r.json")
  }

  private func train(_ recipe: String, _ data: String, _ more: [String] = []) throws -> Tool.Outcome
  {
    try Tool.train.run(
      [recipe, "--data", data, "--output", work.path("m.mrdl"), "--force"] + more)
  }

  private func weights() throws -> [[Float]] {
    let model = try ModelFile.open(work.path("m.mrdl"))
    return try model.tensors.names.sorted().filter { $0.hasPrefix("lstm") || $0.hasPrefix("dense") }
      .compactMap { name in
        let tensor = try #require(model.tensors[name]).load()
        return tensor.scalarType == .float32 ? tensor.elements(as: Float.self) : nil
      }
  }

  @Test(arguments: [
    ("cross-entropy", #"{"kind": "dense"}, {"kind": "activation", "function": "softmax"}"#),
    ("binary-cross-entropy", #"{"kind": "dense"}, {"kind": "activation", "function": "sigmoid"}"#),
  ])
  func aClassAtEveryStepIsLearned(_ loss: String, layers: String) throws {
    let recipe = try recipe(layers, loss: loss)
    var results: [[[Float]]] = []
    for (index, padding) in [(0, 0), (1, 900)] as [(Int, Float)] {
      let data = try collection(
        "arrays\(index)",
        [
          "x": inputs(padding: padding), "y": classes(padding: index == 0 ? -1 : 1), "n": lengths,
        ])
      let outcome = try train(recipe, data, ["--threads", "\(index + 1)"])
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("accuracy 1.0000 on"), "\(outcome.output)")
      // Every real step counts, but for the first ones.
      let words = outcome.output.split(separator: " ")
      let place = try #require(words.firstIndex(of: "steps,"))
      let counted = try #require(Int(words[place - 1]))
      #expect((18 * 2...18 * 6).contains(counted))
      results.append(try weights())
      #expect(try Tool.validate.run(work.path("m.mrdl")).exitCode == 0)
    }
    // Neither padding nor the number of threads tells.
    #expect(results[0] == results[1])
    #expect(!results[0].isEmpty)
    let model = try ModelFile.open(work.path("m.mrdl"))
    #expect(model.graph.outputs[0].shape == ["N", .fixed(Self.steps), 2])
  }

  /// Two quantities at every step, of which one is not always known.
  @Test func quantitiesAtEveryStepAreLearned() throws {
    let numbers = (0..<Self.count).flatMap { row in
      (0..<Self.steps).flatMap { step -> [Float] in
        let before = step == 0 ? 0 : Float(Self.bit(row, step - 1))
        return [
          100 + 10 * Float(Self.bit(row, step)), row % 3 == 0 || step == 0 ? .nan : -5 * before,
        ]
      }
    }
    let data = try collection(
      "arrays",
      [
        "x": inputs(padding: 0), "n": lengths,
        "y": Tensor(numbers, shape: Shape([Self.count, Self.steps, 2])),
      ])
    let outcome = try train(
      try recipe(#"{"kind": "dense"}"#, loss: "quadratic", #""accumulate": 2,"#), data)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let words = outcome.output.split(whereSeparator: { $0 == " " || $0 == "," })
    let r2 = try #require(words.firstIndex(of: "r2").flatMap { Double(words[$0 + 1]) })
    let mae = try #require(words.firstIndex(of: "mae").flatMap { Double(words[$0 + 1]) })
    #expect(r2 > 0.99 && mae < 0.6, "\(outcome.output)")
  }

  /// `mrdl-infer` counts the steps that the trainer counts.
  @Test(arguments: [true, false]) func stepsAreEvaluated(isClass: Bool) throws {
    let numbers = (0..<(Self.count * Self.steps * 2)).map { index in
      index % 7 == 0 ? Float.nan : Float(index * 31 % 17)
    }
    let arrays = [
      "x": inputs(padding: 0), "n": lengths,
      "y": isClass
        ? classes(padding: 1) : Tensor(numbers, shape: Shape([Self.count, Self.steps, 2])),
    ]
    var both: [String: Tensor] = [:]
    for (name, tensor) in arrays {
      both[name + "_train"] = tensor
      both[name + "_test"] = tensor
    }
    let data = try collection("arrays", both)
    let layers = #"{"kind": "dense"}"#
    let outcome = try train(
      isClass
        ? try recipe(
          layers + #", {"kind": "activation", "function": "softmax"}"#, loss: "cross-entropy")
        : try recipe(layers, loss: "quadratic"), data, ["--epochs", "3"])
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let score = try Tool.infer.run(
      work.path("m.mrdl"), "--evaluate", data, "--format", "json", "--batch", "7")
    #expect(score.exitCode == 0, "\(score.errors)")
    let measures = try #require(try JSONParser.parse(score.output)["measures"])
    let stated = try ModelFile.open(work.path("m.mrdl")).card.metrics.filter { $0.split == "test" }
    #expect(!stated.isEmpty)
    for metric in stated {
      guard case .number(let found)? = measures[metric.name] else {
        Issue.record("\(metric.name) is missing")
        continue
      }
      #expect(abs(found - metric.value) <= 1e-6 * max(1, abs(found)), "\(metric.name)")
    }
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let dense = #"{"kind": "dense"}, {"kind": "activation", "function": "softmax"}"#
    let recipe = try recipe(dense, loss: "cross-entropy")
    let right = ["x": inputs(padding: 0), "y": classes(padding: -1), "n": lengths]
    let cases: [(change: [String: Tensor], more: [String], message: String)] = [
      (["y": Tensor([Int64](repeating: 0, count: Self.count))], [], "at every step"),
      (["n": Tensor([Int64](repeating: 8, count: Self.count))], [], "out of range"),
      (
        ["y": Tensor([Int64](repeating: 0, count: Self.count * 3), shape: Shape([Self.count, 3]))],
        [], "length of each sample"
      ),
      (["n": Tensor([Int64(1)])], [], "length of each sample"),
      ([:], ["--set", "stateful=true"], "data.ordered"),
      ([:], ["--set", "data.series=s"], "\"s\""),
      ([:], ["--set", "truncate=0"], "truncate"),
      ([:], ["--set", "layers.0.sequences=false"], "numbers that the data ask for"),
    ]
    for (index, one) in cases.enumerated() {
      let data = try collection("arrays\(index)", right.merging(one.change) { $1 })
      let outcome = try train(recipe, data, one.more)
      #expect(outcome.exitCode == 65, "case \(index)")
      #expect(outcome.errors.contains(one.message), "\(outcome.errors)")
    }
  }

  /// What a piece of a series has to tell stands in the piece before it, so that only a state that goes on
  /// can learn it; measured without it, the model says less.
  @Test func statesGoOnFromPieceToPiece() throws {
    let pieces = 240
    let x = Tensor(
      (0..<pieces).map { Float(Self.bit($0, 0)) }, shape: Shape([pieces, 1, 1]))
    let y = Tensor(
      (0..<pieces).map { $0 % 60 == 0 ? -1 : Int64(Self.bit($0 - 1, 0)) },
      shape: Shape([pieces, 1]))
    let series = Tensor((0..<pieces).map { Int64($0 / 60) })
    let data = try collection("arrays", ["x": x, "y": y, "s": series])
    func loss(_ more: [String]) throws -> Double {
      let recipe = try work.write(
        Array(
          """
          {"name": "pieces", "loss": "cross-entropy", "epochs": 80, "batch": 4,
           "data": {"stepwise": true, "series": "s", "ordered": true, "test": 0},
           "optimizer": {"kind": "adam", "rate": 0.02}, "stateful": true,
           "layers": [{"kind": "gru", "units": 8, "sequences": true}, {"kind": "dense"},
                      {"kind": "activation", "function": "softmax"}]}
          """.utf8), "p.json")
      let history = work.path("history")
      let outcome = try train(recipe, data, ["--history", history] + more)
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      let lines = try FileContent.readText(history).split(separator: "\n")
      let last = try JSONParser.parse(String(try #require(lines.last)))
      guard case .number(let value)? = last["loss"] else { return .nan }
      return value
    }
    // Truncation after one step leaves no way to learn what to remember but the weights by chance.
    let kept = try loss([])
    let forgotten = try loss(["--set", "stateful=false"])
    #expect(forgotten > 0.5, "\(forgotten)")
    #expect(kept < forgotten * 0.9, "\(kept), \(forgotten)")
    let printed = try Tool.train.run("--print", work.path("p.json"))
    #expect(printed.output.contains("\"stateful\": true"), "\(printed.output)")
  }
}
