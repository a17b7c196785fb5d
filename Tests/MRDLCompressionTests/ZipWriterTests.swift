import MRDLCompression
import MRDLCore
import Testing

struct ZipWriterTests {
  @Test func entriesComeBackAligned() throws {
    let path = "\(Self.directory)/mrdl-zip-\(UInt64.random(in: 0 ... .max)).zip"
    defer { try? FileSystem.removeFile(path) }
    let contents: [(String, [UInt8])] = [
      ("a", []), ("dir/b.npy", [UInt8](repeating: 7, count: 1000)), ("ä", [1, 2, 3]),
    ]
    var archive = try ZipWriter(path: path, replacing: false)
    for (name, content) in contents {
      try content.withUnsafeBytes { try archive.append(name, [9], $0) }
    }
    try archive.commit()
    let storage = try FileContent.read(path)
    let read = try ZipArchive(storage)
    #expect(read.entries.map(\.name) == contents.map(\.0))
    for (entry, content) in zip(read.entries, contents) {
      let reader = try read.content(of: entry)
      #expect(reader.remainingBytes == [9] + content.1)
      #expect(reader.byteOffset % Storage.alignment == 0)
    }
  }

  @Test func anEmptyArchive() throws {
    let path = "\(Self.directory)/mrdl-zip-\(UInt64.random(in: 0 ... .max)).zip"
    defer { try? FileSystem.removeFile(path) }
    let archive = try ZipWriter(path: path, replacing: false)
    try archive.commit()
    #expect(try ZipArchive(FileContent.read(path)).entries.isEmpty)
    #expect(FileSystem.byteCount(of: path) == 22)
  }

  private static let directory = "/tmp"
}
