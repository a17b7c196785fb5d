import Foundation
import MRDLCore
import MRDLFormat
import MRDLInterchange
import MRDLModel
import Testing

/// Training on arrays, by the commands.
struct ArrayTests {
  let work: TemporaryDirectory

  init() throws { work = try TemporaryDirectory() }

  private func write(_ text: String, _ name: String) throws -> String {
    try work.write(Array(text.utf8), name)
  }

  /// Three classes of rows of three numbers, one of which is large where the class says so.
  private func rows(_ count: Int, salt: Int) -> [String: Tensor] {
    var numbers: [Double] = []
    for row in 0..<count {
      for column in 0..<3 {
        let noise = Double((row * 31 + column * 17 + salt) % 13) / 13
        numbers.append(1000 + (row % 3 == column ? 2 : 0) + noise)
      }
    }
    return [
      "x": Tensor(numbers, shape: Shape([count, 3])),
      "y": Tensor((0..<count).map { Int64($0 % 3) }),
    ]
  }

  /// The arrays as a directory of `.npy`, or as what `mrdl-convert` makes of a safetensors file.
  private func collection(_ arrays: [String: Tensor], as kind: String) throws -> String {
    guard kind != "npy" else {
      let root = work.path("arrays")
      try FileSystem.createDirectory(root)
      for (name, tensor) in arrays {
        try NPY.write(tensor, to: "\(root)/\(name).npy", replacing: true)
      }
      return root
    }
    var members: [String] = []
    var data: [UInt8] = []
    for (name, tensor) in arrays.sorted(by: { $0.key < $1.key }) {
      let start = data.count
      tensor.withUnsafeBytes { data += $0 }
      let type = [ScalarType.float64: "F64", .float32: "F32", .int64: "I64", .uint8: "U8"]
      members.append(
        "\"\(name)\":{\"dtype\":\"\(type[tensor.scalarType] ?? "")\",\"shape\":"
          + "\(tensor.shape.dimensions),\"data_offsets\":[\(start),\(data.count)]}")
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    let source = try work.write(length + header + data, "arrays.safetensors")
    let target = work.path("arrays.\(kind)")
    let outcome = try Tool.convert.run(source, target)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    return target
  }

  private static func names(_ arrays: [String: Tensor], _ suffix: String) -> [String: Tensor] {
    Dictionary(uniqueKeysWithValues: arrays.map { ($0.key + suffix, $0.value) })
  }

  private func train(
    _ recipe: String, _ data: String, _ more: [String] = []
  ) throws -> Tool.Outcome {
    return try Tool.train.run(
      [recipe, "--data", data, "--output", work.path("m.mrdl"), "--force"] + more)
  }

  @Test(arguments: ["npy", "npz", "h5"])
  func classesAreLearnedFromAllThatHoldsArrays(_ kind: String) throws {
    let training = Self.names(rows(90, salt: 0), "_train")
    let data = try collection(
      training.merging(Self.names(rows(30, salt: 4), "_test")) { $1 }, as: kind)
    var more = ["--set", "validation=0.2", "--epochs", "300"]
    if kind == "h5" {
      more += ["--set", "data.inputs=tensors/x", "--set", "data.targets=tensors/y"]
    }
    let outcome = try train("softmax", data, more)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("accuracy 1.0000 on 30 samples"), "\(outcome.output)")
    let model = try ModelFile.open(work.path("m.mrdl"))
    #expect(model.card.datasets.map(\.sampleCount) == [72, 18, 30])
    #expect(model.meanings["y"]?.labels == ["0", "1", "2"])
    // The model takes numbers as the arrays have them.
    let x = work.path("x.npy")
    try NPY.write(
      Tensor([Float(1000.5), 1002.4, 1000.3], shape: [1, 3]), to: x, replacing: true)
    let answer = try Tool.infer.run(work.path("m.mrdl"), x, "--top", "1", "--format", "csv")
    #expect(answer.output.contains("y,0,1,1,1,"), "\(answer.output)\(answer.errors)")
  }

  @Test func pairsWithoutSplitArePartedByTheSeed() throws {
    let data = try collection(rows(60, salt: 0), as: "npy")
    let outcome = try train("softmax", data, ["--epochs", "5"])
    #expect(outcome.output.contains("on 12 samples"), "\(outcome.errors)")
  }

  /// A number at every step: the mean of the steps so far, of bytes.
  @Test func aQuantityAtEveryStepIsLearned() throws {
    let (count, steps) = (120, 6)
    var inputs: [UInt8] = []
    var means: [Float] = []
    for row in 0..<count {
      var sum = 0
      for step in 0..<steps {
        let value = (row * 89 + step * step * 57 + row * step * 31) % 251
        sum += value
        inputs.append(UInt8(value))
        means.append(Float(sum) / Float(step + 1))
      }
    }
    let data = try collection(
      [
        "x": Tensor(inputs, shape: Shape([count, steps, 1])),
        "y": Tensor(means, shape: Shape([count, steps])),
      ], as: "npz")
    let recipe = try write(
      """
      {"name": "means", "loss": "quadratic", "epochs": 150, "batch": 16, "initializer": "glorot",
       "optimizer": {"kind": "adam", "rate": 0.01}, "schedule": {"kind": "cosine"},
       "layers": [
        {"kind": "gru", "units": 12, "sequences": true},
        {"kind": "simple-rnn", "units": 8, "sequences": true, "bidirectional": true},
        {"kind": "dense", "units": 1}, {"kind": "flatten"}]}
      """, "r.json")
    let outcome = try train(recipe, data)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let words = outcome.output.split(whereSeparator: { $0 == " " || $0 == "," })
    let r2 = try #require(words.firstIndex(of: "r2").flatMap { Double(words[$0 + 1]) })
    #expect(r2 > 0.9, "\(outcome.output)")
    #expect(try Tool.validate.run(work.path("m.mrdl")).exitCode == 0)
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let right = rows(20, salt: 0)
    var cases: [(arrays: [String: Tensor], message: String)] = []
    cases.append((right.filter { $0.key == "x" }, "\"y\""))
    cases.append((right.merging(["y": Tensor([Int64(0), 1])]) { $1 }, "do not fit each other"))
    cases.append(
      (
        right.merging(["y": Tensor([Double](repeating: 1, count: 20))]) { $1 },
        "the targets are not classes"
      ))
    cases.append(
      (right.merging(["y": Tensor([Int64](repeating: -1, count: 20))]) { $1 }, "out of range"))
    for (index, one) in cases.enumerated() {
      let data = try collection(one.arrays, as: "npz")
      let outcome = try train("softmax", data)
      #expect(outcome.exitCode == 65, "case \(index)")
      #expect(outcome.errors.contains(one.message), "\(outcome.errors)")
      try FileSystem.removeFile(data)
    }
  }

  // MARK: Scores of any model

  private func measures(_ model: String, _ data: String) throws -> [String: Double] {
    let score = try Tool.infer.run(model, "--evaluate", data, "--format", "json")
    #expect(score.exitCode == 0, "\(score.errors)")
    guard case .object(let members)? = try JSONParser.parse(score.output)["measures"] else {
      return [:]
    }
    return Dictionary(
      uniqueKeysWithValues: members.compactMap {
        if case .number(let number) = $0.value { ($0.key, number) } else { nil }
      })
  }

  private func requireLikeness(
    _ found: [String: Double], _ model: String, _ split: String, within share: Double = 1e-9
  ) throws {
    let stated = try ModelFile.open(model).card.metrics.filter { $0.split == split }
    #expect(!stated.isEmpty)
    for metric in stated {
      let value = try #require(found[metric.name], "\(metric.name)")
      #expect(abs(value - metric.value) <= share * max(1, abs(value)), "\(metric.name)")
    }
  }

  /// A quantity that is linear in the numbers of each row.
  private func sums(_ arrays: [String: Tensor]) throws -> Tensor {
    let x = try #require(arrays["x"])
    let numbers = x.elements(as: Double.self)
    let sums = (0..<x.shape[0]).map { (row: Int) -> Double in
      numbers[row * 3] - 2 * numbers[row * 3 + 2]
    }
    return Tensor(sums, shape: Shape([x.shape[0], 1]))
  }

  /// The trainer and `mrdl-infer` score the same samples alike, and what was converted scores the same.
  @Test(arguments: ["npy", "npz", "h5"], [true, false])
  func arraysAreEvaluated(_ kind: String, isClass: Bool) throws {
    var test = rows(30, salt: 4)
    var training = rows(90, salt: 0)
    if !isClass {
      training["y"] = try sums(training)
      test["y"] = try sums(test)
    }
    let data = try collection(
      Self.names(training, "_train").merging(Self.names(test, "_test")) { $1 }, as: kind)
    var more = ["--epochs", "30"]
    if kind == "h5" {
      more += ["--set", "data.inputs=tensors/x", "--set", "data.targets=tensors/y"]
    }
    let outcome = try train(isClass ? "softmax" : "linear", data, more)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let model = work.path("m.mrdl")
    let found = try measures(model, data)
    // The trainer compares quantities on the scale that it learns on, the model gives f32 on that of the data.
    try requireLikeness(found, model, "test", within: isClass ? 1e-9 : 1e-5)
    guard kind != "h5" else { return }
    // ONNX keeps no recipe: the arrays have the names that a recipe gives them.
    let other = work.path("m.onnx")
    #expect(try Tool.convert.run(model, other).exitCode == 0)
    let again = try measures(other, data)
    for name in isClass ? ["accuracy", "f1"] : ["r2", "mae"] {
      let (left, right) = (found[name] ?? .nan, again[name] ?? .nan)
      #expect(abs(left - right) < 1e-4 * max(1, abs(left)), "\(name): \(left), \(right)")
    }
  }

  /// A model that takes four samples at once is scored on ten, and says of each what it says of it alone.
  @Test func aFixedBatchIsFilled() throws {
    var graph = Graph(
      inputs: [ValueInfo("x", .float32, [4, 3])], outputs: [ValueInfo("y", .float32, [4, 3])])
    graph.nodes = [Node("Identity", name: "same", inputs: ["x"], outputs: ["y"])]
    let path = work.path("fixed.mrdl")
    try MRDLFile.write(Model(graph: graph, opsets: ["": 28]), to: path)
    var arrays = rows(10, salt: 0)
    // Two of the last batch are told wrongly.
    arrays["y"] = Tensor([0, 1, 2, 0, 1, 2, 0, 1, 0, 1] as [Int64])
    let found = try measures(path, try collection(arrays, as: "npz"))
    #expect(found["accuracy"] == 0.8)
  }

  @Test func targetsThatAreUnknownDoNotCount() throws {
    let data = try collection(rows(60, salt: 0), as: "npz")
    #expect(try train("softmax", data, ["--epochs", "5"]).exitCode == 0)
    func count(_ labels: [Int64]) throws -> Tool.Outcome {
      let directory = try collection(
        ["x": rows(60, salt: 0)["x"] ?? Tensor(labels), "y": Tensor(labels)], as: "npy")
      return try Tool.infer.run(
        work.path("m.mrdl"), "--evaluate", directory, "--format", "json")
    }
    let known = (0..<60).map { Int64($0 % 3) }
    let some = try count(known.enumerated().map { $0.offset < 20 ? -1 : $0.element })
    #expect(try JSONParser.parse(some.output)["samples"] == .integer(40), "\(some.errors)")
  }

  @Test(arguments: [7, -2])
  func targetsThatAreNoClassAreRefused(_ label: Int64) throws {
    let data = try collection(rows(60, salt: 0), as: "npz")
    #expect(try train("softmax", data, ["--epochs", "5"]).exitCode == 0)
    var arrays = rows(60, salt: 0)
    arrays["y"] = Tensor((0..<60).map { $0 == 41 ? label : Int64($0 % 3) })
    let outcome = try Tool.infer.run(
      work.path("m.mrdl"), "--evaluate", try collection(arrays, as: "npy"))
    #expect(outcome.exitCode == 65 && outcome.errors.contains("sample 41"), "\(outcome.errors)")
  }

  /// Cells that are missing are to the score what they were to the training.
  @Test(arguments: ["mean", "drop"])
  func missingCellsAreWhatTheTrainingMadeOfThem(_ missing: String) throws {
    var text = "a,b,y\n"
    for row in 0..<60 {
      let (a, b) = (Double(row * 7 % 13), Double(row * 11 % 17))
      text += "\(row % 9 == 4 ? "" : "\(a)"),\(row % 10 == 7 ? "NA" : "\(b)"),"
      text += row % 12 == 5 ? "\n" : "\(3 * a - b + Double(row % 5))\n"
    }
    let data = try write(text, "t.csv")
    let outcome = try train(
      "linear", data, ["--set", "data.test=0", "--set", "data.missing=\(missing)"])
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try requireLikeness(try measures(work.path("m.mrdl"), data), work.path("m.mrdl"), "train")
  }

  @Test(arguments: ["previous", "drop"])
  func missingValuesOfASeriesToo(_ missing: String) throws {
    var text = "y\n"
    for row in 0..<80 {
      let isMissing = row < 2 || row % 17 == 9
      text += isMissing ? "NA\n" : "\(10 + row % 5 + row / 7)\n"
    }
    let data = try write(text, "t.csv")
    let outcome = try train(
      "forecast", data,
      [
        "--epochs", "2", "--set", "data.test=0", "--set", "data.missing=\(missing)", "--set",
        "validation=0", "--set", "keep=last", "--set", "data.forecast.window=6", "--set",
        "data.forecast.season=5", "--set", "early_stopping=null",
      ])
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let model = work.path("m.mrdl")
    let stated = try ModelFile.open(model).card.metrics.filter { $0.split == "train" }
    let found = try measures(model, data)
    for metric in stated where !metric.name.hasPrefix("seasonal_naive") {
      #expect(
        abs((found[metric.name] ?? .nan) - metric.value) <= 1e-9 * max(1, abs(metric.value)),
        "\(metric.name): \(found), \(metric.value)")
    }
  }
}
