import MRDLCore
import Testing

/// The two encodings hold the same model.
struct EncodingTests {
  private static let samples: String = {
    var root = #filePath
    for _ in 0..<3 { root = FileSystem.directory(of: root) }
    return root + "/Samples"
  }()

  private func bytes(_ path: String) throws -> [UInt8] {
    try FileContent.read(path).withUnsafeBytes { Array($0) }
  }

  /// The names and bytes of what `mrdl-infer` answers for all sample pictures.
  private func answers(of model: String, in work: TemporaryDirectory) throws -> [String: [UInt8]] {
    let directory = work.path("answers-\(FileSystem.name(of: model))")
    let pictures = try FileSystem.names(inDirectory: Self.samples).filter {
      $0.hasSuffix(".png")
    }
    try #require(pictures.count >= 10)
    let outcome = try Tool.infer.run(
      [model] + pictures.map { "\(Self.samples)/\($0)" } + ["--save-outputs", directory])
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    var result: [String: [UInt8]] = [:]
    for picture in try FileSystem.names(inDirectory: directory) {
      let outputs = directory + "/" + picture
      for name in try FileSystem.names(inDirectory: outputs) where name.hasSuffix(".npy") {
        result[picture + "/" + name] = try bytes(outputs + "/" + name)
      }
    }
    return result
  }

  @Test func samplesAnswerTheSameBits() throws {
    let work = try TemporaryDirectory()
    let expected = try answers(of: Self.samples + "/lenet-fashion.mrdl", in: work)
    #expect(expected.count >= 10)
    #expect(try answers(of: Self.samples + "/lenet-fashion.h5", in: work) == expected)
  }

  @Test(arguments: [
    [], ["--chunk", "64"], ["--shuffle", "--deflate", "9"],
    ["--chunk", "1000", "--shuffle", "--deflate", "1", "--fletcher32"],
  ])
  func thereAndBack(storage: [String]) throws {
    let work = try TemporaryDirectory()
    let source = Self.samples + "/lenet-fashion.mrdl"
    let middle = work.path("model.h5")
    let back = work.path("back.mrdl")
    #expect(try Tool.convert.run([source, middle] + storage).exitCode == 0)
    let validated = try Tool.validate.run(middle, "--strict")
    #expect(validated.exitCode == 0, "\(validated.output)")
    #expect(try Tool.convert.run(middle, back).exitCode == 0)
    #expect(try bytes(back) == bytes(source))
  }

  @Test func storageIsRefusedWhereItMeansNothing() throws {
    let work = try TemporaryDirectory()
    let source = Self.samples + "/lenet-fashion.h5"
    for arguments in [["--deflate", "10"], ["--chunk", "0"], ["--deflate", "3"]] {
      let outcome = try Tool.convert.run([source, work.path("out.mrdl")] + arguments)
      #expect(outcome.exitCode == 64, "\(arguments): \(outcome.errors)")
    }
  }

  @Test func damagedHDF5Models() throws {
    let work = try TemporaryDirectory()
    let whole = try bytes(Self.samples + "/lenet-fashion.h5")
    for count in [1, 8, 100, 1000, whole.count - 1] {
      let path = try work.write(Array(whole[..<count]), "cut.h5")
      let outcome = try Tool.infer.run(path, Self.samples + "/coat.png")
      #expect(outcome.exitCode == 65, "\(count): \(outcome.errors)")
      #expect(outcome.messages.count == 1)
      #expect(try Tool.validate.run(path).exitCode == 65)
    }
    var flipped = whole
    // The header is the first thing that is stored, and the text tells where it is.
    let start = try #require(
      flipped.indices.first { flipped[$0...].starts(with: #"{"format"#.utf8) })
    flipped[start + 100] ^= 1
    let path = try work.write(flipped, "flipped.h5")
    let outcome = try Tool.infer.run(path, Self.samples + "/coat.png")
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("MRDL1006"), "\(outcome.errors)")
  }
}
