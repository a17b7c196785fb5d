import Foundation
import MRDLCore
import MRDLFormat
import MRDLInterchange
import MRDLModel
import Testing

struct InferTests {
  let work: TemporaryDirectory
  let model: String

  init() throws {
    work = try TemporaryDirectory()
    model = try SampleModel.write(to: work)
  }

  @Test func namesWhatIsInThePicture() throws {
    let bright = try SampleModel.picture(255, to: work.path("bright.png"))
    let dark = try SampleModel.picture(0, to: work.path("dark.png"))
    let outcome = try Tool.infer.run(model, bright, dark, "--top", "1")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    // softmax(4, 8) and softmax(4, 0): 1 / (1 + e⁻⁴) = 0.98201
    #expect(outcome.output == "\(bright)  bright, or so  98.2 %\n\(dark)  dark  98.2 %\n")
  }

  @Test func saysWhereAnInstructionSetCannotBeUsed() throws {
    let bright = try SampleModel.picture(255, to: work.path("bright.png"))
    let usual = try Tool.infer.run(model, bright)
    let outcome = try Tool.infer.run([model, bright], environment: ["MRDL_ISA": "mmx"])
    #expect(outcome.exitCode == 0 && outcome.output == usual.output)
    #expect(outcome.messages.count == 1)
    #expect(outcome.errors.contains("warning: MRDL_ISA is \"mmx\", expected scalar, sse2"))
  }

  @Test func printsJSON() throws {
    let bright = try SampleModel.picture(255, to: work.path("bright.png"))
    let outcome = try Tool.infer.run(model, bright, "--format", "json")
    let value = try JSONParser.parse(outcome.output)
    guard case .array(let samples) = value, case .array(let outputs)? = samples.first?["outputs"],
      case .array(let answers)? = outputs.first?["answers"]
    else {
      Issue.record("not the form that the schema describes: \(outcome.output)")
      return
    }
    #expect(samples.count == 1 && answers.count == 2)
    #expect(samples[0]["input"] == .string(bright))
    #expect(answers[0]["label"] == "bright, or so")
    #expect(answers[0]["index"] == .integer(1))
    #expect(outputs[0]["scale"] == "probabilities")
  }

  @Test func printsALineAnInput() throws {
    let first = try SampleModel.picture(255, to: work.path("a.png"))
    let second = try SampleModel.picture(0, to: work.path("b.png"))
    let outcome = try Tool.infer.run(
      [model, "-", "--format", "jsonl"], input: "\(first)\n\n\(second)\n")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 2)
    for (line, path) in zip(lines, [first, second]) {
      #expect(try JSONParser.parse(String(line))["input"] == .string(path))
    }
  }

  @Test(arguments: [1, 2, 3, 8])
  func printsCSVForAnyBatch(batch: Int) throws {
    for index in 0..<5 {
      _ = try SampleModel.picture(UInt8(index * 60), to: work.path("p\(index).png"))
    }
    let outcome = try Tool.infer.run(
      model, work.root, "--format", "csv", "--top", "1", "--batch", "\(batch)")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines[0] == "input,sample,output,row,rank,index,label,value")
    // Shades of 0, 60, 120 and 180, 240: eight times the shade over 255 passes 4 from 128 on.
    #expect(lines.dropFirst().map { $0.contains("dark") } == [true, true, true, false, false])
    #expect(lines.last?.contains("\"bright, or so\"") == true)
  }

  @Test func savesOutputs() throws {
    let tensor = Tensor((0..<32).map { Float($0) / 32 }, shape: [2, 1, 4, 4])
    try NPY.write(tensor, to: work.path("x=1.npy"), replacing: false)
    let directory = work.path("answers/deep")
    let outcome = try Tool.infer.run(
      model, "--input", "x=\(work.path("x=1.npy"))", "--save-outputs", directory)
    // The last '=' splits, so that the name is "x=…/x".
    #expect(outcome.exitCode == 64)
    try NPY.write(tensor, to: work.path("x.npy"), replacing: false)
    let saved = try Tool.infer.run(
      model, "--input", "x=\(work.path("x.npy"))", "--save-outputs", directory)
    #expect(saved.exitCode == 0, "\(saved.errors)")
    let listing = try JSONParser.parse(FileContent.readText(directory + "/outputs.json"))
    #expect(
      listing
        == .array([
          .object([
            "name": "y", "file": "output_0.npy", "dtype": "float32", "shape": .integers([2, 2]),
          ])
        ]))
    let output = try NPY.decode(FileContent.read(directory + "/output_0.npy"))
    #expect(output.shape == [2, 2])
    let rows = output.elements(as: Float.self)
    #expect(abs(rows[0] + rows[1] - 1) < 1e-6 && abs(rows[2] + rows[3] - 1) < 1e-6)
  }

  @Test func measures() throws {
    let outcome = try Tool.infer.run(
      model, "--benchmark", "0.01", "--format", "json", "--threads", "1", "--batch", "3")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let value = try JSONParser.parse(outcome.output)
    #expect(value["batch"] == .integer(3))
    #expect(value["threads"] == .integer(1))
    for key in ["min", "p50", "p90", "p99"] {
      guard case .number(let time)? = value["latency_ms"]?[key] else {
        Issue.record("no latency_ms.\(key)")
        continue
      }
      #expect(time > 0)
    }
  }

  @Test func measuresPicturesOfASizeThatTheModelLeavesOpen() throws {
    let open = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", 2, "H", "W"])],
        outputs: [ValueInfo("y", .float32, nil)],
        nodes: [
          Node(
            "AveragePool", inputs: ["x"], outputs: ["y"],
            attributes: ["kernel_shape": .integers([3, 5])])
        ]))
    try MRDLFile.write(open, to: work.path("open.mrdl"))
    let arguments = [work.path("open.mrdl"), "--benchmark", "0.01"]
    let tiny = try Tool.infer.run(arguments)
    #expect(tiny.exitCode == 65)
    #expect(
      tiny.errors.contains("x: f32 [N, 2, H, W] is measured as [1, 2, 1, 1]; an input, or --size"))
    let sized = try Tool.infer.run(arguments + ["--size", "5x3"])
    #expect(sized.exitCode == 0 && sized.errors.isEmpty, "\(sized.errors)")
    #expect(try Tool.infer.run(arguments + ["--size", "3x5"]).exitCode == 65, "width and height")
  }

  @Test func moreThreadsThanProcessorsDoNotTakePart() throws {
    func threads(_ more: String...) throws -> JSONValue? {
      let outcome = try Tool.infer.run([model, "--benchmark", "0.01", "--format", "json"] + more)
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      return try JSONParser.parse(outcome.output)["threads"]
    }
    let all = try threads()
    #expect(all != nil)
    #expect(try threads("--threads", "1024") == all)
  }

  @Test func goesOnAfterABadPicture() throws {
    let bad = try work.write(Array("no picture".utf8), "a.png")
    let good = try SampleModel.picture(0, to: work.path("b.png"))
    let outcome = try Tool.infer.run(model, bad, good, "--top", "1")
    #expect(outcome.exitCode == 65)
    #expect(outcome.messages.count == 1)
    #expect(outcome.output == "\(good)  dark  98.2 %\n")
  }

  /// A model that takes a sequence and an optional tensor and gives them back.
  private func values() throws -> String {
    let path = work.path("values.mrdl")
    try MRDLFile.write(
      Model(
        graph: Graph(
          inputs: [
            ValueInfo("s", .float32, ["N"], kind: .sequence),
            ValueInfo("o", .int64, [2], kind: .optional),
          ],
          outputs: [
            ValueInfo("t", .float32, ["N"], kind: .sequence),
            ValueInfo("p", .int64, [2], kind: .optional), ValueInfo("n", .int64, []),
          ],
          nodes: [
            Node("Identity", inputs: ["s"], outputs: ["t"]),
            Node("Identity", inputs: ["o"], outputs: ["p"]),
            Node("SequenceLength", inputs: ["s"], outputs: ["n"]),
          ]), opsets: ["": 28]), to: path)
    return path
  }

  @Test func takesAndGivesSequencesAndOptionalValues() throws {
    let source = try values()
    for (name, numbers) in [("a", [Float(1), 2]), ("b", [3])] {
      try NPY.write(Tensor(numbers), to: work.path("\(name).npy"), replacing: true)
    }
    try NPY.write(Tensor([Int64(7), 8]), to: work.path("o.npy"), replacing: true)
    for ending in ["mrdl", "h5", "onnx"] {
      let model = work.path("copy.\(ending)")
      let converted = try Tool.convert.run(source, model)
      #expect(converted.exitCode == 0, "\(converted.errors)")
      let validated = try Tool.validate.run(model)
      #expect(validated.exitCode == 0, "\(validated.output)\(validated.errors)")
      let inspected = try Tool.inspect.run(model)
      #expect(inspected.output.contains("s: sequence of f32 [N]"))
      let first = try Tool.infer.run(
        model, "--input", "s=\(work.path("a.npy"))", "--input", "s=\(work.path("b.npy"))",
        "--input", "o=\(work.path("o.npy"))", "--save-outputs", work.path("first"))
      #expect(first.exitCode == 0, "\(first.errors)")
      #expect(first.output.contains("t[1] [1]"))
      let elements = try NPZ.read(work.path("first/output_0.npz"))
      #expect(elements.map(\.name) == ["arr_0", "arr_1"])
      #expect(elements.map { $0.tensor.elements(as: Float.self) } == [[1, 2], [3]])
      #expect(
        try NPY.read(work.path("first/output_1.npy")).elements(as: Int64.self) == [7, 8])
      // What was written is given again, and nothing is, too.
      let second = try Tool.infer.run(
        model, "--input", "s=\(work.path("first/output_0.npz"))",
        "--input", "s=\(work.path("a.npy"))", "--input", "o=", "--save-outputs",
        work.path("second"))
      #expect(second.exitCode == 0, "\(second.errors)")
      #expect(try NPZ.read(work.path("second/output_0.npz")).count == 3)
      let listing = try JSONParser.parse(
        String(contentsOfFile: work.path("second/outputs.json"), encoding: .utf8))
      guard case .array(let entries) = listing else {
        Issue.record("no array")
        continue
      }
      #expect(entries[1]["file"] == .null && entries[1]["name"] == "p")
      let third = try Tool.infer.run(
        model, "--input", "s=", "--input", "o=", "--save-outputs", work.path("third"))
      #expect(third.exitCode == 0, "\(third.errors)")
      #expect(try NPZ.read(work.path("third/output_0.npz")).isEmpty)
      let fourth = try Tool.infer.run(
        model, "--input", "s=\(work.path("third/output_0.npz"))", "--input", "o=")
      #expect(fourth.exitCode == 0, "\(fourth.errors)")
    }
  }

  @Test func refusesTensorsForSequences() throws {
    let source = try values()
    try NPY.write(Tensor([Double(1)]), to: work.path("d.npy"), replacing: true)
    for (arguments, exitCode) in [
      (["--input", "s=\(work.path("d.npy"))", "--input", "o="], 65),
      (["--input", "o="], 64), ([work.path("d.npy"), "--input", "o="], 64),
    ] as [([String], Int32)] {
      let outcome = try Tool.infer.run([source] + arguments)
      #expect(outcome.exitCode == exitCode, "\(arguments): \(outcome.errors)")
      #expect(outcome.messages.count == 1)
    }
    // Sequences and optional values are made up where nothing is given.
    let benchmark = try Tool.infer.run(source, "--benchmark", "0.01")
    #expect(benchmark.exitCode == 0, "\(benchmark.errors)")
    let empty = try Tool.infer.run(model, "--input", "x=")
    #expect(empty.exitCode == 64 && empty.messages.count == 1)
    let keras = try Tool.convert.run(source, work.path("copy.keras"))
    #expect(keras.exitCode == 65)
  }
}
