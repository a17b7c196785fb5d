import MRDLCore
import Testing

struct ReportTests {
  let work: TemporaryDirectory
  let model: String

  init() throws {
    work = try TemporaryDirectory()
    model = try SampleModel.write(to: work)
  }

  @Test func inspects() throws {
    let outcome = try Tool.inspect.run(model)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let expected = """
      name      brightness
      created   2026-01-01T00:00:00Z
      input   x: f32 [N, 1, 4, 4]  grey picture, × 0.003922
      output  y: f32 [N, 2]        classification, probabilities: dark, bright, or so

      layer     operator  output   parameters  multiply-adds  activations
      flat      Flatten   [N, 16]                                    64 B
      dense     Gemm      [N, 2]           34             32          8 B
      softmax   Softmax   [N, 2]                                      8 B
      ───────────────────────────────────────────────────────────────────
      3 layers                             34             32         80 B

      """
    let lines = outcome.output.split(separator: "\n").filter { !$0.hasPrefix("producer") }
    for line in expected.split(separator: "\n") {
      let words = line.split(separator: " ")
      #expect(lines.contains { $0.split(separator: " ") == words }, "\(line)\n\(outcome.output)")
    }
  }

  @Test func inspectsForPrograms() throws {
    let value = try JSONParser.parse(try Tool.inspect.run(model, "--format", "json").output)
    #expect(value["totals"]?["parameters"] == .integer(34))
    #expect(value["totals"]?["multiply_adds"] == .integer(32))
    #expect(value["format"] == "mrdl")
    #expect(value["golden_vectors"] == .integer(1))
    #expect(value["card"]?["name"] == "brightness")
  }

  /// Without the flattening, which moves nothing; 32 multiply-adds and two additions of the bias a sample.
  @Test(arguments: [1, 3])
  func showsTheProgram(batch: Int) throws {
    let value = try JSONParser.parse(
      try Tool.inspect.run(model, "--program", "--batch", "\(batch)", "--format", "json").output)
    guard case .array(let nodes)? = value["nodes"] else {
      Issue.record("no nodes")
      return
    }
    #expect(nodes.map { $0["operator"] } == ["Gemm", "Softmax"])
    #expect(nodes[0]["operations"] == .integer(Int64(66 * batch)))
    #expect(value["weight_bytes"] == .integer(136))
    #expect(try Tool.inspect.run(model, "--program", "--tensors").exitCode == 64)
    #expect(try Tool.inspect.run(model, "--program", "--batch", "0").exitCode == 64)
  }

  @Test func listsTensors() throws {
    let value = try JSONParser.parse(
      try Tool.inspect.run(model, "--stats", "--format", "json").output)
    guard case .array(let tensors) = value else {
      Issue.record("not an array")
      return
    }
    #expect(tensors.count == 4)
    let weight = try #require(tensors.first { $0["name"] == "weight" })
    #expect(weight["statistics"]?["maximum"] == .number(0.5))
    #expect(weight["statistics"]?["mean"] == .number(0.25))
    #expect(weight["statistics"]?["standard_deviation"] == .number(0.25))
    #expect(weight["statistics"]?["zeros"] == .integer(16))
    guard case .string(let digest)? = weight["sha256"] else {
      Issue.record("no digest")
      return
    }
    #expect(digest.count == 64)
  }

  @Test func showsATensor() throws {
    let outcome = try Tool.inspect.run(model, "--tensor", "bias")
    #expect(outcome.output.hasPrefix("bias: f32 [2]\n"), "\(outcome.output)\(outcome.errors)")
    #expect(try Tool.inspect.run(model, "--tensor", "none").exitCode == 65)
  }

  @Test func validates() throws {
    let outcome = try Tool.validate.run(model, "--strict")
    #expect(outcome.exitCode == 0, "\(outcome.output)")
    #expect(outcome.output.contains("sound"))
    #expect(outcome.output.contains("1 of 1 golden vector reproduced"))
    let value = try JSONParser.parse(try Tool.validate.run(model, "--format", "json").output)
    #expect(value["sound"] == .bool(true))
    #expect(value["readable"] == .bool(true))
  }

  @Test func convertsBothWays() throws {
    let copy = work.path("copy.mrdl")
    let outcome = try Tool.convert.run(model, copy, "--metadata", "name=other=name")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let value = try JSONParser.parse(try Tool.inspect.run(copy, "--format", "json").output)
    #expect(value["card"]?["name"] == "other=name")
    #expect(value["golden_vectors"] == .integer(1))
    #expect(try Tool.validate.run(copy).exitCode == 0)
  }

  @Test(arguments: [Tool.infer, .inspect, .validate, .convert].map(\.name))
  func helpAndVersion(name: String) throws {
    let tool = Tool(name: name)
    let version = try tool.run("--version")
    #expect(version.exitCode == 0)
    #expect(version.output == "\(name) \(Release.version)\n")
    let help = try tool.run("--help")
    #expect(help.exitCode == 0)
    #expect(help.output.contains("USAGE: \(name)"))
    #expect(help.output.contains("Examples:"))
    #expect(help.errors.isEmpty)
    for shell in ["bash", "zsh", "fish"] {
      let script = try tool.run("--generate-completion-script", shell)
      #expect(script.exitCode == 0)
      #expect(script.output.contains(name))
    }
  }
}
