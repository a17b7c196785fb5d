import MRDLCore
import MRDLFormat
import MRDLModel
import SampleModels
import TestDirectories
import Testing

@Suite struct HostileFileTests {
  /// Opens and loads everything; the error's code, or nil for a sound file.
  private func code(of storage: Storage, options: OpeningOptions = .standard) -> FindingCode? {
    do throws(MRDLError) {
      let model = try MRDLFile.open(storage, name: "forged", options: options)
      for tensor in model.tensors { _ = try tensor.load() }
      return nil
    } catch {
      #expect(error.place.file == "forged")
      return error.code
    }
  }

  private func errors(of storage: Storage) -> [FindingCode] {
    let diagnostics = Diagnostics()
    MRDLFile.verify(storage, name: "forged", diagnostics: diagnostics)
    #expect(diagnostics.findings.allSatisfy { $0.place.file == "forged" })
    return diagnostics.findings.filter { $0.severity == .error }.map(\.code)
  }

  private func written(_ model: Model) throws -> [UInt8] {
    let directory = try TemporaryDirectory()
    try MRDLFile.write(model, to: directory.file("model.mrdl"))
    return try bytes(of: directory.file("model.mrdl"))
  }

  @Test func writerAndForgerAgree() throws {
    let forged = ForgedFile()
    #expect(code(of: forged.storage) == nil)
    #expect(errors(of: forged.storage).isEmpty)
    let model = try MRDLFile.open(forged.storage, name: "forged")
    var copy = ForgedFile(
      header: String(decoding: ModelHeader(model).encodedText(), as: UTF8.self),
      tensors: [[1, 2, 3], [4, 5, 6, 7, 8]])
    #expect(try written(model) == copy.bytes)
    copy.rootDigest = [UInt8](repeating: 0, count: 32)
    #expect(try written(model) != copy.bytes)
  }

  @Test func everyTruncationIsAnError() throws {
    let whole = try written(SampleModels.linear())
    for count in whole.indices {
      let storage = Storage(Array(whole[..<count]))
      let code = code(of: storage)
      #expect(code == (count == 0 ? .emptyFile : .truncatedContainer), "cut at \(count)")
      #expect(errors(of: storage).first == code, "cut at \(count)")
    }
  }

  @Test(arguments: [0x01, 0x80, 0xFF] as [UInt8])
  func everyChangedByteIsFound(mask: UInt8) throws {
    let model = SampleModels.linear()
    let whole = try written(model)
    for position in whole.indices {
      var damaged = whole
      damaged[position] ^= mask
      let storage = Storage(damaged)
      #expect(!errors(of: storage).isEmpty, "byte \(position)")
      if code(of: storage) == nil {
        // Only padding between tensors is not read: the model is the same.
        try expectEqual(MRDLFile.open(storage, name: "forged"), model)
        #expect(errors(of: storage) == [.nonzeroPadding], "byte \(position)")
      }
    }
  }

  @Test func bytesAfterTheEnd() {
    let storage = Storage(ForgedFile().bytes + [0])
    #expect(code(of: storage) == .wrongFileLength)
    #expect(errors(of: storage) == [.wrongFileLength])
  }

  struct Forgery: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let expected: [FindingCode]
    let change: @Sendable (inout ForgedFile) -> Void

    init(
      _ name: String, _ expected: FindingCode...,
      change: @escaping @Sendable (inout ForgedFile) -> Void
    ) {
      testDescription = name
      self.expected = expected
      self.change = change
    }
  }

  static let forgeries: [Forgery] = [
    Forgery("text", .notAModel) { $0.magic = Array("MRDL 1.0".utf8) },
    Forgery("text transfer", .notAModel) { $0.magic = [0x8A] + Array("MRDL\n\u{1A}\u{1}".utf8) },
    Forgery("major 0", .unsupportedVersion) { $0.major = 0 },
    Forgery("major 2", .unsupportedVersion) { $0.major = 2 },
    Forgery("feature 0 that the header lacks", .badPrelude) { $0.requiredFeatures = 1 },
    Forgery("feature 1", .unsupportedFeature) { $0.requiredFeatures = 2 },
    Forgery("feature 63", .unsupportedFeature) { $0.requiredFeatures = 1 << 63 },
    Forgery("header digest", .headerDigestMismatch) { $0.headerDigest[31] ^= 1 },
    Forgery("root digest", .rootDigestMismatch) {
      $0.rootDigest = [UInt8](repeating: 0, count: 32)
    },
    Forgery("two digests", .rootDigestMismatch, .headerDigestMismatch) {
      $0.rootDigest = [UInt8](repeating: 0, count: 32)
      $0.headerDigest[0] ^= 1
    },
    Forgery("minor differs from header", .badPrelude) { $0.minor = 1 },
    Forgery("header offset", .badLayout) { $0.headerOffset = 192 },
    Forgery("table offset", .badLayout) { $0.tableOffset += 64 },
    Forgery("data offset", .badLayout) { $0.dataOffset += 64 },
    Forgery("data offset beyond counting", .badLayout) { $0.dataOffset = .max },
    Forgery("file length", .badLayout) { $0.fileByteCount += 1 },
    Forgery("all offsets", .badLayout, .badLayout, .badLayout, .badLayout) {
      $0.headerOffset = 0
      $0.tableOffset = 0
      $0.dataOffset = 0
      $0.fileByteCount = 0
    },
    Forgery("fewer tensors", .badLayout) {
      $0.tensorCount = 1
      $0.table.removeLast(32)
      $0.tablePadding = [UInt8](repeating: 0, count: 32)
    },
    Forgery("longer data", .badLayout) {
      $0.data.append(0)
      $0.dataByteCount += 1
      $0.fileByteCount += 1
    },
    Forgery("data beyond counting", .badPrelude) { $0.dataByteCount = .max },
    Forgery("data at the edge of counting", .badPrelude) { $0.dataByteCount = UInt64(Int.max) },
    Forgery("header beyond the limit", .limitExceeded) { $0.headerByteCount = .max },
    Forgery("tensors beyond the limit", .limitExceeded) { $0.tensorCount = .max },
    Forgery("padding after the header", .nonzeroPadding) { $0.headerPadding[0] = 1 },
    Forgery("first tensor", .tensorDigestMismatch) { $0.data[0] ^= 1 },
    Forgery("both tensors", .tensorDigestMismatch, .tensorDigestMismatch) {
      $0.data[0] ^= 1
      $0.data[64] ^= 1
    },
    Forgery("duplicate key", .duplicateKey) { $0 = ForgedFile(extra: ",\"tensors\":[]") },
    Forgery("header that is no JSON", .badJSON) { $0 = ForgedFile(header: "{", tensors: []) },
    Forgery("header that is empty", .badJSON) { $0 = ForgedFile(header: "", tensors: []) },
    Forgery("header of another major version", .unsupportedVersion) {
      $0 = ForgedFile(version: "2.0")
    },
    Forgery("boolean", .badValue) {
      $0 = ForgedFile(
        header: String(decoding: $0.header, as: UTF8.self).replacing("\"u8\"", with: "\"bool\""),
        tensors: [[0, 1, 2], [0, 0, 0, 0, 0]])
    },
  ]

  @Test(arguments: forgeries)
  func forgeriesAreNamed(forgery: Forgery) {
    var file = ForgedFile()
    forgery.change(&file)
    #expect(code(of: file.storage) == forgery.expected.first)
    #expect(errors(of: file.storage) == forgery.expected)
  }

  @Test func paddingBetweenTensorsIsForTheVerifier() {
    var file = ForgedFile()
    file.data[63] = 1
    #expect(code(of: file.storage) == nil)
    #expect(errors(of: file.storage) == [.nonzeroPadding])
  }

  @Test func verifierReportsEverythingAtOnce() {
    var file = ForgedFile(extra: ",\"state\":[{\"output\":\"y\",\"input\":\"x\"}]")
    file.rootDigest = [UInt8](repeating: 1, count: 32)
    file.headerPadding[0] = 1
    file.data[0] ^= 1
    file.data[10] = 1
    #expect(
      errors(of: file.storage) == [
        .rootDigestMismatch, .nonzeroPadding, .nonzeroPadding, .tensorDigestMismatch,
        .undefinedValue, .undefinedValue,
      ])
  }

  @Test func tensorsThatAreCutOffAreListed() throws {
    let whole = ForgedFile().bytes
    let storage = Storage(Array(whole.dropLast()))
    #expect(errors(of: storage) == [.truncatedContainer, .truncatedContainer])
  }

  @Test func laterMinorVersionsAreRead() throws {
    var file = ForgedFile(version: "1.7", extra: ",\"new_key\":{\"a\":[1]}")
    file.minor = 7
    file.optionalFeatures = 0x8000_0001
    let diagnostics = Diagnostics()
    let model = try MRDLFile.open(file.storage, name: "later", diagnostics: diagnostics)
    #expect(try model.tensors["b"]?.load().elements(as: Int8.self) == [4, 5, 6, 7, 8])
    #expect(diagnostics.findings.map(\.severity) == [.note])
    #expect(diagnostics.findings.first?.code == .unknownKey)
    #expect(errors(of: file.storage).isEmpty)
  }

  @Test func namesThatDoNotFitAreThrownWithoutASink() throws {
    let file = ForgedFile(extra: ",\"state\":[{\"output\":\"y\",\"input\":\"x\"}]")
    #expect(code(of: file.storage) == .undefinedValue)
    let diagnostics = Diagnostics()
    let model = try MRDLFile.open(file.storage, name: "forged", diagnostics: diagnostics)
    #expect(model.tensors.count == 2)
    #expect(diagnostics.firstError?.place.path == "/state/0/output")
  }

  @Test func limitsAreTheCallers() {
    var limits = Limits()
    limits.tensorCount = 1
    #expect(
      code(of: ForgedFile().storage, options: OpeningOptions(limits: limits)) == .limitExceeded)
    limits = Limits()
    limits.headerByteCount = 10
    #expect(
      code(of: ForgedFile().storage, options: OpeningOptions(limits: limits)) == .limitExceeded)
  }

  @Test func wrongPathsAreNamed() throws {
    let directory = try TemporaryDirectory()
    #expect(
      throws: MRDLError.self,
      performing: { try MRDLFile.open(directory.file("missing.mrdl")) }
    )
    let diagnostics = Diagnostics()
    do throws(MRDLError) {
      try MRDLFile.verify(directory.file("missing.mrdl"), diagnostics: diagnostics)
      Issue.record("a missing file was read")
    } catch {
      #expect(error.code == .noSuchFile)
      #expect(error.place.file == directory.file("missing.mrdl"))
    }
    #expect(diagnostics.findings.isEmpty)
  }
}
