import Foundation
import MRDLCore
import MRDLImages
import MRDLInterchange
import MRDLModel
import Testing

/// Going on from existing models, by the commands.
struct FineTuningTests {
  let work: TemporaryDirectory

  init() throws { work = try TemporaryDirectory() }

  private func write(_ text: String, _ name: String) throws -> String {
    try work.write(Array(text.utf8), name)
  }

  /// Grey pictures of 8 by 8 pixels in a folder a class: a bright bar somewhere, lying or standing, or
  /// bright corners.
  private func pictures(_ classes: [String], _ folder: String) throws -> String {
    let root = work.path(folder)
    try FileSystem.createDirectory(root)
    for name in classes {
      try FileSystem.createDirectory("\(root)/\(name)")
      for index in 0..<30 {
        var pixels = (0..<64).map { UInt8(($0 * 37 + index * 11) % 60) }
        let (start, other) = (index % 7, index * 3 % 5)
        for step in 0..<4 {
          for wide in 0..<2 {
            let place =
              switch name {
              case "lying": start * 8 + (other + step) % 8 + wide * 8
              case "standing": (other + step) % 8 * 8 + start + wide
              default: [0, 6, 48, 54][step] + wide + 8 * (index % 2)
              }
            pixels[min(place, 63)] = 220
          }
        }
        let samples = Tensor(pixels, shape: [8, 8, 1])
        try PNGEncoder.write(
          Image(samples: samples, colorSpace: .grey), to: "\(root)/\(name)/\(index).png",
          replacing: true)
      }
    }
    return root
  }

  private static let network = """
    {"name": "bars", "loss": "cross-entropy", "epochs": 40, "batch": 16, "initializer": "he",
     "optimizer": {"kind": "adam", "rate": 0.01},
     "layers": [
      {"kind": "conv", "filters": 8, "kernel": 3}, {"kind": "activation", "function": "relu"},
      {"kind": "max-pool", "size": 2}, {"kind": "flatten"}, {"kind": "dense"},
      {"kind": "activation", "function": "softmax"}]}
    """

  private static func continuation(_ more: String = "") -> String {
    """
    {"name": "more", "loss": "cross-entropy", "epochs": 60, "batch": 16, "initializer": "glorot",
     "optimizer": {"kind": "adam", "rate": 0.02}, "seed": 3\(more)}
    """
  }

  /// The numbers of the only tensor of a rank.
  private func kernel(_ path: String) throws -> [Float] {
    let tensors = try ModelFile.open(path).parameters.filter { $0.info.shape.rank == 4 }
    return try #require(tensors.first).load().elements(as: Float.self)
  }

  private func accuracy(_ outcome: Tool.Outcome) throws -> Double {
    let words = outcome.output.split(whereSeparator: { $0 == " " || $0 == "," })
    let index = try #require(words.firstIndex(of: "accuracy"), "\(outcome.output)\(outcome.errors)")
    return try #require(Double(words[index + 1]))
  }

  private func base(_ suffix: String) throws -> String {
    let data = try pictures(["lying", "standing"], "two")
    let model = work.path("base.mrdl")
    let outcome = try Tool.train.run(
      try write(Self.network, "network.json"), "--data", data, "--output", model)
    #expect(try accuracy(outcome) > 0.9)
    guard suffix != "mrdl" else { return model }
    let converted = work.path("base.\(suffix)")
    let conversion = try Tool.convert.run(model, converted)
    #expect(conversion.exitCode == 0, "\(conversion.errors)")
    return converted
  }

  @Test(arguments: ["mrdl", "onnx", "keras"])
  func anotherNumberOfClassesReplacesTheLastLayer(_ suffix: String) throws {
    let base = try base(suffix)
    let data = try pictures(["corners", "lying", "standing"], "three")
    let recipe = try write(
      Self.continuation(", \"from\": {\"model\": \"\(base)\", \"freeze\": [\"*conv*\"]}"), "r.json")
    let model = work.path("m.mrdl")
    let outcome = try Tool.train.run(recipe, "--data", data, "--output", model)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(try accuracy(outcome) > 0.85)
    // What is frozen stays as it was, to the bit.
    #expect(try kernel(model) == kernel(base))
    let opened = try ModelFile.open(model)
    let output = try #require(opened.graph.outputs.first)
    #expect(opened.graph.outputs.count == 1 && output.shape?.dimensions.last == 3)
    #expect(opened.meanings[output.name]?.labels == ["corners", "lying", "standing"])
    #expect(!opened.card.baseModel.isEmpty)
    #expect(opened.tensors.contains { $0.info.name.hasPrefix("head.") })
    #expect(try Tool.validate.run(model).exitCode == 0)
    // What has been continued can be continued, with a part that is named.
    let again = try Tool.train.run(
      recipe, "--data", data, "--output", work.path("n.mrdl"), "--set", "from.model=\(model)",
      "--epochs", "1", "--set", "optimizer.rate=0.0001")
    #expect(again.exitCode == 0, "\(again.errors)")
    #expect(try accuracy(again) > 0.8)
    #expect(try Tool.infer.run(work.path("n.mrdl"), "--evaluate", data).exitCode == 0)
  }

  @Test func theSameClassesKeepTheEndAndEverythingLearns() throws {
    let base = try base("onnx")
    let recipe = try write(Self.continuation(", \"from\": \"\(base)\""), "r.json")
    let model = work.path("m.mrdl")
    let outcome = try Tool.train.run(
      recipe, "--data", work.path("two"), "--output", model, "--epochs", "2", "--set",
      "optimizer.rate=0.001")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(try accuracy(outcome) > 0.9)
    #expect(try kernel(model) != kernel(base))
    #expect(
      try ModelFile.open(model).graph.nodes.count == ModelFile.open(base).graph.nodes.count)
  }

  @Test func layersOfTheRecipeFollowAValueThatIsNamed() throws {
    let base = try base("mrdl")
    let relu = try #require(
      try ModelFile.open(base).graph.nodes.first { $0.operatorName == "Relu" }?.outputs.first)
    let recipe = try write(
      Self.continuation(
        """
        , "from": {"model": "\(base)", "cut": "\(relu)"},
        "layers": [{"kind": "batch-norm"}, {"kind": "global-max-pool"}, {"kind": "dense", "units": 9},
         {"kind": "activation", "function": "tanh"}, {"kind": "dense"},
         {"kind": "activation", "function": "softmax"}]
        """), "r.json")
    let model = work.path("m.mrdl")
    let outcome = try Tool.train.run(
      recipe, "--data", work.path("two"), "--output", model, "--epochs", "5")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let operators = try ModelFile.open(model).graph.nodes.map(\.operatorName)
    #expect(operators.first == "Conv" && !operators.contains("MaxPool"))
    #expect(try Tool.validate.run(model).exitCode == 0)
  }

  @Test func quantitiesAndFeaturesAreThoseOfTheModel() throws {
    var text = "a,b,y\n"
    for row in 0..<60 { text += "\(row),\(row * row % 7),\(300 + 2 * row - 3 * (row * row % 7))\n" }
    let data = try write(text, "t.csv")
    let base = work.path("base.mrdl")
    #expect(
      try Tool.train.run("linear", "--data", data, "--output", base).exitCode == 0)
    let model = work.path("m.mrdl")
    let outcome = try Tool.train.run(
      try write(
        """
        {"name": "on", "from": "\(base)", "loss": "quadratic", "epochs": 3,
         "optimizer": {"rate": 1e-6}}
        """, "r.json"), "--data", data, "--output", model)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("r2 1.0000") || outcome.output.contains("r2 0.9999"))
    #expect(try ModelFile.open(model).preprocessing == ModelFile.open(base).preprocessing)
  }

  @Test(arguments: [
    ("\"from\": {\"model\": \"none.onnx\"}", "none.onnx", 66),
    ("\"from\": {\"model\": \"base.mrdl\", \"frieze\": []}", "frieze", 65),
    ("\"from\": {\"model\": \"base.mrdl\", \"cut\": \"nothing\"}", "no value of that name", 65),
    (
      "\"from\": {\"model\": \"base.mrdl\", \"freeze\": [\"*\"]}",
      "nothing of the model is learned", 65
    ),
    ("\"from\": {\"model\": \"\"}", "from.model", 64),
  ])
  func whatCannotBeIsNamed(_ from: String, message: String, code: Int32) throws {
    let base = try base("mrdl")
    let place = from.replacingOccurrences(of: "base.mrdl", with: base)
    let outcome = try Tool.train.run(
      try write(Self.continuation(", \(place)"), "r.json"), "--data", work.path("two"), "--output",
      work.path("m.mrdl"))
    #expect(outcome.exitCode == code, "\(outcome.errors)")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
  }

  @Test func picturesOfAnotherSizeAreRefused() throws {
    let base = try base("onnx")
    let root = work.path("large")
    for name in ["a", "b"] {
      try FileSystem.createDirectory(root)
      try FileSystem.createDirectory("\(root)/\(name)")
      for index in 0..<5 {
        _ = try SampleModel.picture(UInt8(index), width: 9, to: "\(root)/\(name)/\(index).png")
      }
    }
    let outcome = try Tool.train.run(
      try write(Self.continuation(", \"from\": \"\(base)\""), "r.json"), "--data", root, "--output",
      work.path("m.mrdl"))
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("[1, 4, 9]"), "\(outcome.errors)")
  }
}
