import Foundation
import MRDLCore
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
}
