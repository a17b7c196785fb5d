import MRDLCore
import MRDLFormat
import MRDLInterchange
import MRDLModel
import Testing

/// Models that do not say how a picture becomes their input, and pictures of any size.
struct PictureTests {
  let work: TemporaryDirectory
  /// Tells bright pictures of 4 × 4 pixels from dark ones, as an ONNX file that says nothing of its use.
  let model: String
  let labels: String

  init() throws {
    work = try TemporaryDirectory()
    var bare = try SampleModel.model()
    bare.preprocessing = [:]
    bare.meanings = [:]
    bare.goldenVectors = []
    bare.card = ModelCard()
    bare.tensors = try TensorTable(["weight", "bias"].map { try #require(bare.tensors[$0]) })
    try MRDLFile.write(bare, to: work.path("bare.mrdl"))
    model = work.path("model.onnx")
    let outcome = try Tool.convert.run(work.path("bare.mrdl"), model)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    labels = work.path("names.txt")
    try work.write(Array("dark\nbright\n\n".utf8), "names.txt")
  }

  private var options: [String] { ["--resize", "5", "--scale", "\(1 / 255.0)"] }

  private func directory(_ name: String = "pictures") throws -> String {
    let directory = work.path(name)
    try FileSystem.createDirectory(directory)
    for (index, (shade, width, height)) in [(255, 9, 7), (0, 7, 9), (250, 30, 4)].enumerated() {
      _ = try SampleModel.picture(
        UInt8(shade), width: width, height: height, to: "\(directory)/\(index).png")
    }
    return directory
  }

  @Test func picturesOfAnySizeAreTaken() throws {
    let outcome = try Tool.infer.run(
      [model, try directory(), "--top", "1", "--labels", labels, "--format", "csv"] + options)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").dropFirst()
    #expect(
      lines.map { $0.contains("bright") } == [true, false, true], "\(outcome.output)")
  }

  @Test(arguments: ["mrdl", "h5"]) func whatIsStoredNeedsNoOptions(ending: String) throws {
    let stored = work.path("stored.\(ending)")
    let conversion = try Tool.convert.run([model, stored, "--labels", labels] + options)
    #expect(conversion.exitCode == 0, "\(conversion.errors)")
    #expect(conversion.output.contains("added: preprocessing of input \"x\" → grey picture"))
    #expect(conversion.output.contains("added: meaning of output \"y\" → classification, prob"))
    #expect(conversion.output.contains(", 1 golden vector, "))
    let pictures = try directory()
    let wanted = try Tool.infer.run([model, pictures, "--labels", labels] + options)
    let outcome = try Tool.infer.run(stored, pictures)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output == wanted.output)
    #expect(try Tool.validate.run(stored).exitCode == 0)
    let shown = try Tool.inspect.run(stored)
    #expect(shown.output.contains("resized by center_crop, shorter side 5 (linear)"))
    #expect(shown.output.contains("dark, bright"))
  }

  @Test func formatsWithoutRoomSaySo() throws {
    for (ending, words) in [
      ("onnx", "approximated: preprocessing → the property mrdl.header"),
      ("keras", "dropped: preprocessing"), ("npz", "dropped: preprocessing"),
      ("safetensors", "dropped: meanings"),
    ] {
      let outcome = try Tool.convert.run(
        [model, work.path("copy.\(ending)"), "--labels", labels] + options)
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      #expect(outcome.output.contains(words), "\(outcome.output)")
      // Files of weights have no graph.
      let hasNodes = ["onnx", "keras"].contains(ending)
      #expect(outcome.output.contains(" 0 nodes, ") != hasNodes, "\(outcome.output)")
    }
    let again = try Tool.infer.run(work.path("copy.onnx"), try directory())
    #expect(again.exitCode == 0 && again.output.contains("bright"), "\(again.errors)")
  }

  @Test func aModelThatTakesNoPicturesIsToldOnce() throws {
    let pictures = try directory()
    let outcome = try Tool.infer.run(model, pictures)
    #expect(outcome.exitCode == 65)
    #expect(outcome.messages.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains("--resize, --scale, --mean, --std"))
    let list = try Tool.infer.run(model, "\(pictures)/0.png", "\(pictures)/1.png")
    #expect(list.exitCode == 65 && list.messages.count == 1, "\(list.errors)")
    // An array among the pictures is still answered.
    try NPY.write(
      Tensor([Float](repeating: 1, count: 16), shape: [1, 1, 4, 4]), to: work.path("x.npy"),
      replacing: false)
    let mixed = try Tool.infer.run(
      model, "\(pictures)/0.png", work.path("x.npy"), "\(pictures)/1.png")
    #expect(mixed.exitCode == 65 && mixed.messages.count == 1, "\(mixed.errors)")
    #expect(mixed.output.contains("x.npy"))
  }

  @Test func aSizeThatDoesNotFitNamesTheOption() throws {
    let outcome = try Tool.infer.run(model, "\(try directory())/0.png", "--scale", "1")
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("4 x 4, or --resize"), "\(outcome.errors)")
  }

  @Test func labelledFoldersAreScored() throws {
    for (name, shade) in [("dark", 10), ("bright", 240)] {
      try FileSystem.createDirectory(work.path("folders/\(name)"))
      for index in 0..<3 {
        _ = try SampleModel.picture(
          UInt8(shade), width: 5 + index, height: 8 - index,
          to: work.path("folders/\(name)/\(index).png"))
      }
    }
    let folders = work.path("folders")
    let outcome = try Tool.infer.run(
      [model, "--evaluate", folders, "--labels", labels, "--format", "json"] + options)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let value = try JSONParser.parse(outcome.output)
    #expect(value["samples"] == .integer(6))
    #expect(
      value["measures"]?["accuracy"] == .number(1) || value["measures"]?["accuracy"] == .integer(1))
    let nameless = try Tool.infer.run([model, "--evaluate", folders] + options)
    #expect(nameless.exitCode == 65)
    #expect(nameless.errors.contains("0 to 1, or --labels"), "\(nameless.errors)")
  }

  @Test(arguments: [1, 2, 4], [1, 2, 3])
  func aFixedBatchIsFilled(fixed: Int, wanted: Int) throws {
    var model = try SampleModel.model()
    model.graph.inputs[0].shape = [.fixed(fixed), 1, 4, 4]
    model.graph.outputs[0].shape = [.fixed(fixed), 2]
    model.removeGoldenVectors()
    try MRDLFile.write(model, to: work.path("fixed.mrdl"))
    let pictures = try directory()
    let found = try Tool.infer.run(
      [
        work.path("fixed.mrdl"), pictures, "--batch", "\(wanted)", "--save-outputs",
        work.path("out"),
      ]
        + options)
    #expect(found.exitCode == 0, "\(found.errors)")
    let free = try SampleModel.write(to: work)
    #expect(try found.output == Tool.infer.run([free, pictures] + options).output)
    let first = try FileSystem.names(inDirectory: work.path("out")).sorted()[0]
    let saved = try NPY.decode(FileContent.read(work.path("out/\(first)/output_0.npy")))
    #expect(saved.shape.dimensions[0] <= fixed)
  }

  @Test func labelsMustFit() throws {
    try work.write(Array("a\nb\nc".utf8), "three.txt")
    let picture = "\(try directory())/0.png"
    let outcome = try Tool.infer.run(
      [model, picture, "--labels", work.path("three.txt")] + options)
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("3 labels"), "\(outcome.errors)")
    let conversion = try Tool.convert.run(
      model, work.path("wrong.mrdl"), "--labels", work.path("three.txt"))
    #expect(conversion.exitCode == 65)
    #expect(FileSystem.kind(of: work.path("wrong.mrdl")) != .file)
  }

  @Test(arguments: [
    ["--resize", "big"], ["--resize", "0"], ["--size", "1x2x3"], ["--layout", "HWC"],
    ["--interpolation", "lanczos"], ["--std", "0"], ["--mean", "1,,2"],
  ])
  func otherValuesAreUsageErrors(arguments: [String]) throws {
    let outcome = try Tool.infer.run([model, work.path("none.png")] + arguments)
    #expect(outcome.exitCode == 64, "\(outcome.errors)")
  }
}
