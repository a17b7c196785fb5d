import Foundation
import MRDLCore
import TestDirectories
import Testing

@Suite struct FileTests {
  private func write(_ bytes: [UInt8], to path: String, replacing: Bool = false) throws(MRDLError) {
    var file = try AtomicFile(path: path, replacing: replacing)
    try file.write(bytes)
    try file.commit()
  }

  private func content(_ path: String) throws -> [UInt8] {
    try FileContent.read(path).withUnsafeBytes { Array($0) }
  }

  // MARK: Atomic files

  @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 300_000])
  func bytesArriveWhole(count: Int) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("f")
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var file = try AtomicFile(path: path, replacing: false)
    for start in stride(from: 0, to: count, by: 40_000) {
      try file.write(Array(bytes[start..<min(start + 40_000, count)]))
    }
    #expect(file.byteCount == count)
    #expect(FileSystem.kind(of: path) == nil)
    try file.commit()
    #expect(try content(path) == bytes)
    #expect(try FileContent.map(path).withUnsafeBytes { Array($0) } == bytes)
    #expect(try directory.names() == ["f"])
  }

  /// Pages that are given back come again from the file, whatever the borders of the range.
  @Test(arguments: [0..<100, 5..<70_000, 4096..<65_536, 65_000..<300_000])
  func releasedPagesComeBack(range: Range<Int>) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("f")
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try write(bytes, to: path)
    for storage in [try FileContent.map(path), try FileContent.read(path)] {
      storage.releasePages(range)
      #expect(storage.withUnsafeBytes { Array($0) } == bytes)
      var copy = [UInt8](repeating: 0, count: range.count)
      let reader = try ByteReader(storage).slice(
        byteOffset: range.lowerBound, byteCount: range.count)
      copy.withUnsafeMutableBytes { reader.copyOut(to: $0) }
      #expect(copy == Array(bytes[range]))
    }
  }

  @Test func bytesCanBeFilledInLater() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("f")
    var file = try AtomicFile(path: path, replacing: false)
    try file.write([0, 0, 0, 0])
    try file.write("end")
    try file.overwrite([7, 8], byteOffset: 1)
    try file.write("!")
    try file.commit()
    #expect(try content(path) == [0, 7, 8, 0] + Array("end!".utf8))
  }

  @Test func droppedFileLeavesTheOldOne() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("f")
    try write([1], to: path)
    func drop() throws {
      var file = try AtomicFile(path: path, replacing: true)
      try file.write([2])
      try file.flush()
      #expect(try directory.names().count == 2)
    }
    try drop()
    #expect(try content(path) == [1])
    #expect(try directory.names() == ["f"])
  }

  @Test func killedWriterLeavesTheOldFile() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("f")
    try write([1, 2, 3], to: path)
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      var file = try AtomicFile(path: path, replacing: true)
      try file.write([UInt8](repeating: 9, count: 1 << 20))
      kill(getpid(), SIGKILL)
    }
    #expect(try content(path) == [1, 2, 3])
  }

  @Test func outputsThatCannotBeMade() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("f")
    try write([1], to: path)
    #expect(failure(of: { try write([2], to: path) })?.code == .wouldOverwrite)
    #expect(
      failure(of: { try write([2], to: directory.path, replacing: true) })?.code == .cannotCreate)
    #expect(
      failure(of: { try write([2], to: directory.file("none/f")) })?.code == .cannotCreate)
    #expect(
      failure(of: { try write([2], to: directory.file("f/g")) })?.code == .cannotCreate)
    #expect(try content(path) == [1])
    #if os(Linux)
      #expect(failure(of: { try write([2], to: "/dev/full") })?.code == .writeFailed)
      #expect(failure(of: { try write([2], to: "/dev/null") }) == nil)
      #expect(failure(of: { try write([2], to: "/proc/mrdl") })?.code == .cannotCreate)
    #endif
  }

  @Test func directoryWithoutPermission() throws {
    // The superuser may write everywhere.
    guard getuid() != 0 else { return }
    let directory = try TemporaryDirectory()
    let locked = directory.file("locked")
    try FileSystem.createDirectory(locked)
    #expect(chmod(locked, 0o555) == 0)
    #expect(failure(of: { try write([1], to: locked + "/f") })?.code == .cannotCreate)
    chmod(locked, 0o755)
  }

  @Test func manyWritersOfOneFile() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("f")
    DispatchQueue.concurrentPerform(iterations: 8) { index in
      let bytes = [UInt8](repeating: UInt8(index), count: 100_000)
      do { try write(bytes, to: path, replacing: true) } catch { Issue.record(error) }
    }
    let found = try content(path)
    #expect(found.count == 100_000)
    #expect(Set(found).count == 1)
    #expect(try directory.names() == ["f"])
  }

  // MARK: Reading

  @Test func inputsThatCannotBeRead() throws {
    let directory = try TemporaryDirectory()
    for isMapped in [true, false] {
      func read(_ path: String) throws -> Storage {
        isMapped ? try FileContent.map(path) : try FileContent.read(path)
      }
      #expect(failure(of: { try read(directory.file("none")) })?.code == .noSuchFile)
      #expect(failure(of: { try read(directory.path) })?.code == .cannotOpen)
      try write([], to: directory.file("empty"), replacing: true)
      #expect(try read(directory.file("empty")).byteCount == 0)
    }
    #expect(
      failure(of: {
        try FileSystem.names(inDirectory: directory.file("none"))
      })?.code == .noSuchFile)
  }

  @Test func mappedAndCopied() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("f")
    try write([1, 2, 3], to: path)
    let mapped = try FileContent.map(path)
    let copied = try FileContent.read(path)
    #expect(mapped.isMapped)
    #expect(!copied.isMapped)
    // A file that is replaced goes on being what it was for those who have it.
    try write([4, 5, 6], to: path, replacing: true)
    #expect(mapped.withUnsafeBytes { Array($0) } == [1, 2, 3])
    #expect(copied.withUnsafeBytes { Array($0) } == [1, 2, 3])
  }

  #if os(Linux)
    @Test func filesWithoutALength() throws {
      let text = try FileContent.readText("/proc/self/status")
      #expect(text.hasPrefix("Name:"))
      #expect(try FileContent.map("/dev/null").byteCount == 0)
    }
  #endif

  // MARK: Paths

  @Test(arguments: [
    ("a.png", ".", "a.png", "a", "png"), ("/a", "/", "a", "a", ""),
    ("/x/y.z/b.tar.GZ", "/x/y.z", "b.tar.GZ", "b.tar", "gz"),
    ("d/.hidden", "d", ".hidden", ".hidden", ""),
    ("d/", "d", "", "", ""),
  ])
  func partsOfPaths(
    path: String, directory: String, name: String, stem: String, suffix: String
  ) {
    #expect(FileSystem.directory(of: path) == directory)
    #expect(FileSystem.name(of: path) == name)
    #expect(FileSystem.stem(of: path) == stem)
    #expect(FileSystem.suffix(of: path) == suffix)
  }

  @Test func joining() {
    #expect(FileSystem.join("a", "b") == "a/b")
    #expect(FileSystem.join("a/", "b") == "a/b")
    #expect(FileSystem.join("a", "/b") == "/b")
    #expect(FileSystem.join("", "b") == "b")
  }

  @Test func namesAreSortedAndDirectoriesMade() throws {
    let directory = try TemporaryDirectory()
    try FileSystem.createDirectory(directory.file("x/y/z"))
    try FileSystem.createDirectory(directory.file("x/y/z"))
    for name in ["b", "a", "B", "é"] { try write([0], to: directory.file(name)) }
    #expect(try FileSystem.names(inDirectory: directory.path) == ["B", "a", "b", "x", "é"])
    #expect(FileSystem.byteCount(of: directory.file("a")) == 1)
    try FileSystem.removeFile(directory.file("a"))
    try FileSystem.removeFile(directory.file("a"))
    #expect(FileSystem.kind(of: directory.file("a")) == nil)
    #expect(FileSystem.kind(of: directory.file("x")) == .directory)
  }
}
