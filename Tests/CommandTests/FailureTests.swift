import Foundation
import MRDLCore
import MRDLFormat
import MRDLModel
import Testing

/// Whatever goes wrong ends in one clear line and the documented exit code.
struct FailureTests {
  let work: TemporaryDirectory
  let model: String
  let picture: String

  init() throws {
    work = try TemporaryDirectory()
    model = try SampleModel.write(to: work)
    picture = try SampleModel.picture(10, to: work.path("picture.png"))
  }

  /// One line on standard error that names the command, and nothing on standard output.
  private func expectFailure(
    _ outcome: Tool.Outcome, _ exitCode: Int32, _ tool: Tool, mentions parts: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.exitCode == exitCode, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.messages.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(
      outcome.errors.hasPrefix("\(tool.name): error: "), "\(outcome.errors)",
      sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    for part in parts {
      #expect(outcome.errors.contains(part), "\(outcome.errors)", sourceLocation: sourceLocation)
    }
  }

  private func bytes() throws -> [UInt8] {
    try FileContent.read(model).withUnsafeBytes { Array($0) }
  }

  @Test(arguments: [1, 7, 64, 127, 128, 500])
  func truncatedModel(length: Int) throws {
    let path = try work.write(Array(try bytes().prefix(length)), "cut.mrdl")
    expectFailure(try Tool.infer.run(path, picture), 65, .infer, mentions: path)
    expectFailure(try Tool.inspect.run(path), 65, .inspect, mentions: path)
    #expect(try Tool.validate.run(path).exitCode == 65)
  }

  @Test(arguments: [0, 20, 100, 130, 200, -1])
  func flippedBit(offset: Int) throws {
    var bytes = try bytes()
    let index = offset < 0 ? bytes.count + offset : offset
    bytes[index] ^= 0x10
    let path = try work.write(bytes, "flipped.mrdl")
    let outcome = try Tool.validate.run(path)
    #expect([1, 65].contains(outcome.exitCode), "\(outcome.output)")
    #expect(outcome.output.contains("MRDL1"))
  }

  @Test func flippedWeight() throws {
    var bytes = try bytes()
    // The weights are 0 and 0.5, little-endian 00 00 00 3F, after the header.
    let half = try #require(
      bytes.indices.dropFirst(128).first {
        $0 + 8 <= bytes.count && Array(bytes[$0..<($0 + 8)]) == [0, 0, 0, 0, 0, 0, 0, 0x3F]
      })
    bytes[half + 7] ^= 0x01
    let path = try work.write(bytes, "weight.mrdl")
    expectFailure(
      try Tool.infer.run(path, picture), 65, .infer, mentions: "MRDL1008", "weight")
    let validated = try Tool.validate.run(path)
    #expect(validated.exitCode == 1)
    #expect(validated.output.contains("MRDL1008"))
    #expect(try Tool.infer.run(path, picture, "--no-verify").exitCode == 0)
  }

  @Test func emptyModel() throws {
    let path = try work.write([], "empty.h5")
    expectFailure(try Tool.infer.run(path, picture), 65, .infer, mentions: "empty", path)
  }

  @Test func textInPlaceOfAModel() throws {
    let path = try work.write(Array("once upon a time\n".utf8), "story.mrdl")
    expectFailure(try Tool.infer.run(path, picture), 65, .infer, mentions: "MRDL1001", "text")
  }

  @Test func missingFiles() throws {
    let missing = work.path("missing")
    expectFailure(try Tool.infer.run(missing, picture), 66, .infer, mentions: missing)
    expectFailure(try Tool.infer.run(model, missing), 66, .infer, mentions: missing)
    expectFailure(try Tool.inspect.run(missing), 66, .inspect, mentions: missing)
    expectFailure(try Tool.validate.run(missing), 66, .validate, mentions: missing)
    expectFailure(
      try Tool.convert.run(missing, work.path("out.mrdl")), 66, .convert, mentions: missing)
  }

  @Test func pictureOfAnotherSize() throws {
    let path = try SampleModel.picture(0, width: 5, height: 4, to: work.path("wide.png"))
    expectFailure(
      try Tool.infer.run(model, path), 65, .infer, mentions: "5 x 4", "4 x 4", path)
  }

  @Test func unwritableOutput() throws {
    let output = work.path("no/such/directory.mrdl")
    expectFailure(try Tool.convert.run(model, output), 73, .convert, mentions: output)
    let blocked = try work.write([], "file")
    expectFailure(
      try Tool.infer.run(model, picture, "--save-outputs", blocked + "/below"), 73, .infer,
      mentions: blocked)
  }

  @Test func existingOutputStays() throws {
    let output = try work.write(Array("mine".utf8), "out.mrdl")
    expectFailure(
      try Tool.convert.run(model, output), 73, .convert, mentions: "exists", output)
    #expect(try FileContent.readText(output) == "mine")
    #expect(try Tool.convert.run(model, output, "--force").exitCode == 0)
    #expect(try Tool.validate.run(output).exitCode == 0)
  }

  @Test(arguments: ["mrdl", "h5"])
  func killedWriterLeavesTheOldFile(encoding: String) throws {
    // Large enough that writing it takes a while.
    var big = try SampleModel.model()
    big.tensors["ballast"] = .init("ballast", Tensor(zeros: [48 << 20]))
    let source = work.path("big.mrdl")
    try MRDLFile.write(big, to: source)
    let output = try work.write(Array("mine".utf8), "out.\(encoding)")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(Tool.directory)/mrdl-convert")
    process.arguments = [source, output, "--force"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let deadline = Date().addingTimeInterval(20)
    var sawHalf = false
    while process.isRunning, Date() < deadline {
      let names = try FileSystem.names(inDirectory: work.root)
      if names.contains(where: { $0.hasPrefix(".out.\(encoding).") && $0.hasSuffix(".tmp") }) {
        sawHalf = true
        kill(process.processIdentifier, SIGKILL)
        break
      }
    }
    process.waitUntilExit()
    #expect(sawHalf)
    if process.terminationReason == .uncaughtSignal {
      #expect(try FileContent.readText(output) == "mine")
    } else {
      // It was faster than the signal.
      #expect(try Tool.validate.run(output).exitCode == 0)
    }
  }

  @Test(arguments: [
    ("--resize", "bilinear", "cover, contain or stretch"), ("--size", "3x", "WIDTHxHEIGHT"),
    ("--mean", "1,x", "separated by commas"), ("--std", "", "separated by commas"),
    ("--interpolation", "cubical", "cubic"),
  ]) func wrongOptionsSayWhatIsExpected(option: String, value: String, expected: String) throws {
    let outcome = try Tool.infer.run(model, picture, option, value)
    #expect(outcome.exitCode == 64, "\(outcome.errors)")
    #expect(outcome.errors.contains("'\(option) ") && outcome.errors.contains(expected))
  }

  @Test func wrongUsage() throws {
    for arguments in [
      [], [model], [model, picture, "--top", "0"], [model, picture, "--format", "xml"],
      [model, picture, "--no-such-option"], [model, "--input", "x"], [model, "--benchmark", "-1"],
    ] {
      let outcome = try Tool.infer.run(arguments)
      #expect(outcome.exitCode == 64, "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.hasPrefix("mrdl-infer: error: "), "\(outcome.errors)")
    }
  }

  @Test func fullDisk() throws {
    guard FileSystem.kind(of: "/dev/full") == .other else { return }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(Tool.directory)/mrdl-inspect")
    process.arguments = [model]
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 74)
  }
}
