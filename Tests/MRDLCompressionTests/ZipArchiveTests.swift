import MRDLCompression
import MRDLCore
import Testing

private func contents(
  of archive: [UInt8], limits: Limits = .standard
) throws -> [String: [UInt8]] {
  let zip = try ZipArchive(Storage(archive), limits: limits)
  var result: [String: [UInt8]] = [:]
  for entry in zip.entries { result[entry.name] = try zip.content(of: entry).remainingBytes }
  return result
}

private func code(_ archive: [UInt8], limits: Limits = .standard) -> FindingCode? {
  do {
    _ = try contents(of: archive, limits: limits)
    return nil
  } catch {
    return (error as? MRDLError)?.code
  }
}

private let greeting = Array("hello hello hello hello".utf8)

/// Stored `a.txt`, deflated `d/b.txt` and the directory `e/`, written by Python 3.11's zipfile.
private let pythonArchive = bytes(
  """
  504b0304140000000000000021500bf94356060000000600000005000000612e74787473746f726564504b0304140000
  00080000002150e3513d8d0a0000001700000007000000642f622e747874cb48cdc9c957c8402701504b030414000000
  00000000210000000000000000000000000002000000652f504b01021403140000000000000021500bf9435606000000
  06000000050000000000000000000000800100000000612e747874504b0102140314000000080000002150e3513d8d0a
  00000017000000070000000000000000000000800129000000642f622e747874504b0102140314000000000000002100
  000000000000000000000000020000000000000000001000ff4158000000652f504b0506000000000300030098000000
  780000000000
  """)

/// Deflated `a.txt` written to a stream that cannot seek, with zip64 forced: its sizes follow it.
private let pythonStream = bytes(
  """
  504b03042d00080008000000215000000000ffffffffffffffff05001400612e74787401001000000000000000000000
  00000000000000cb48cdc9c957c8402701504b0708e3513d8d0a000000000000001700000000000000504b01022d032d
  000800080000002150e3513d8d0a00000017000000050000000000000000000000800100000000612e747874504b0506
  000000000100010033000000590000000000
  """)

@Suite("Zip archives")
struct ZipArchiveTests {
  @Test func archivesOfPython() throws {
    #expect(
      try contents(of: pythonArchive)
        == ["a.txt": Array("stored".utf8), "d/b.txt": greeting])
    #expect(try contents(of: pythonStream) == ["a.txt": greeting])
  }

  @Test(arguments: [false, true], [false, true])
  func zip64(entries: Bool, end: Bool) throws {
    var builder = ZipBuilder(entries: [.init("a", greeting), .init("b/c", [])])
    builder.entries[0].method = 8
    builder.entries[0].usesZip64 = entries
    builder.usesZip64End = end
    builder.comment = Array("a comment with PK\u{5}\u{6} inside".utf8)
    #expect(try contents(of: builder.archive()) == ["a": greeting, "b/c": []])
  }

  @Test func empty() throws {
    #expect(try contents(of: ZipBuilder(entries: []).archive()).isEmpty)
  }

  @Test func storedContentIsShared() throws {
    let storage = Storage(pythonArchive)
    let zip = try ZipArchive(storage)
    let entry = try #require(zip.entry(named: "a.txt"))
    let content = try zip.content(of: entry)
    #expect(content.storage === storage)
    #expect(content.byteOffset == 35)
  }

  @Test func everyTruncationIsRefused() {
    for count in 0..<pythonArchive.count {
      #expect(code(Array(pythonArchive[..<count])) == .badCompressedData)
    }
  }

  @Test func changedBytesNeverTrap() {
    for index in pythonArchive.indices {
      for value: UInt8 in [0x00, 0x7F, 0xFF] {
        var damaged = pythonArchive
        damaged[index] = value
        _ = code(damaged)
      }
    }
  }

  @Test(
    arguments: [
      "/etc/passwd", "../up", "a/../../up", "a//b", "./a", "a/.", "", "/", "C:/a", "a\\b", "a\0b",
    ])
  func namesThatLeadAstray(name: String) {
    #expect(code(ZipBuilder(entries: [.init(name)]).archive()) == .badCompressedData)
  }

  static let damage: [@Sendable (inout ZipBuilder) -> Void] = [
    { $0.entries[0].flags = 1 },
    { $0.entries[0].method = 12 },
    { $0.entries[0].checksum = 7 },
    { $0.entries[0].byteCount = 2 },
    { $0.entries[1].compressedByteCount = 5 },
    { $0.entries[1].byteCount = 22 },
    { $0.entries[1].byteCount = 24 },
    { $0.entries[1].headerByteOffset = 0 },
    { $0.entries[1].headerByteOffset = 1_000_000 },
    { $0.entries[1].name = $0.entries[0].name },
    { $0.entries[0].name = [0xFF, 0xFE] },
    { $0.entryCount = 1 },
    { $0.entryCount = 3 },
    { $0.disk = 1 },
  ]

  @Test(arguments: damage.indices)
  func damagedArchives(index: Int) {
    var builder = ZipBuilder(entries: [.init("a"), .init("b", greeting)])
    builder.entries[1].method = 8
    #expect(code(builder.archive()) == nil)
    Self.damage[index](&builder)
    #expect(code(builder.archive()) == .badCompressedData)
  }

  @Test func overlappingEntriesAreRefused() throws {
    var builder = ZipBuilder(entries: [.init("a", greeting), .init("b", greeting)])
    builder.entries[0].method = 8
    builder.entries[0].compressedByteCount = 40
    let error = #expect(throws: MRDLError.self) { try contents(of: builder.archive()) }
    #expect(error?.code == .badCompressedData)
    #expect(error?.message == "two entries of a zip archive overlap")
  }

  @Test func limits() {
    var builder = ZipBuilder(entries: [.init("abcd"), .init("b")])
    builder.entries[1].content = [UInt8](repeating: 0, count: 100_000)
    builder.entries[1].method = 8
    #expect(code(builder.archive()) == nil)
    var limits = Limits()
    limits.nameByteCount = 3
    #expect(code(builder.archive(), limits: limits) == .limitExceeded)
    limits = Limits()
    limits.tensorCount = 1
    #expect(code(builder.archive(), limits: limits) == .limitExceeded)
    limits = Limits()
    limits.inflatedByteCount = 99_999
    #expect(code(builder.archive(), limits: limits) == .inflatedTooFar)
  }
}
