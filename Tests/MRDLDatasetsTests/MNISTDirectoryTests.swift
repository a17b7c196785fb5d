import Foundation
import MRDLCompression
import MRDLCore
import MRDLDatasets
import Testing

/// A directory of its own for a test, removed with everything in it at the end.
private final class DataDirectory: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "mrdl-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  func write(_ bytes: [UInt8], _ name: String) throws {
    var file = try AtomicFile(path: path + "/" + name, replacing: true)
    try file.write(bytes)
    try file.commit()
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct MNISTDirectoryTests {
  private let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]
  private let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 9, 0]

  @Test(arguments: ["-", "."], [false, true])
  func bothSpellingsPlainOrCompressed(separator: String, isCompressed: Bool) throws {
    let directory = try DataDirectory()
    var digest = SHA256()
    for (stem, content) in [
      ("train-images\(separator)idx3-ubyte", images),
      ("train-labels\(separator)idx1-ubyte", labels),
    ] {
      let bytes = isCompressed ? Deflate.bytes(from: content, format: .gzip) : content
      bytes.withUnsafeBytes { digest.update($0) }
      try directory.write(bytes, stem + (isCompressed ? ".gz" : ""))
    }
    let data = try MNISTDirectory(directory.path, member: .fashion).read(.train)
    #expect(data.pixels.shape == [2, 1, 1, 3])
    #expect(data.pixels.elements() == [UInt8(1), 2, 3, 4, 5, 6])
    #expect(data.labels == [9, 0])
    #expect(data.classNames[9] == "Ankle boot")
    #expect(data.digest == digest.finalize())
    let error = #expect(throws: MRDLError.self) {
      try MNISTDirectory(directory.path).read(.test)
    }
    #expect(error?.code == .noSuchFile)
  }

  @Test func filesThatDoNotFitEachOther() throws {
    let directory = try DataDirectory()
    try directory.write(images, "t10k-images-idx3-ubyte")
    for wrong: [UInt8] in [
      [0, 0, 8, 1, 0, 0, 0, 1, 9], [0, 0, 8, 1, 0, 0, 0, 2, 9, 10], images,
    ] {
      try directory.write(wrong, "t10k-labels-idx1-ubyte")
      let error = #expect(throws: MRDLError.self) {
        try MNISTDirectory(directory.path).read(.test)
      }
      #expect(error?.code == .badDataset)
      #expect(error?.place.file == directory.path + "/t10k-labels-idx1-ubyte")
    }
  }

  @Test func partsOfASplit() throws {
    let data = try LabelledImages(
      name: "test", pixels: Tensor([UInt8](0..<5), shape: [5, 1, 1, 1]), labels: [0, 1, 2, 3, 4],
      classNames: ["a", "b", "c", "d", "e"])
    let parts = try data.split(order: [3, 0, 4, 1, 2], validationCount: 2)
    #expect(parts.training.labels == [3, 0, 4])
    #expect(parts.training.pixels.elements() == [UInt8(3), 0, 4])
    #expect(parts.validation.labels == [1, 2])
    #expect(try data.split(order: [0, 1, 2, 3, 4], validationCount: 0).validation.count == 0)
  }

  @Test func picturesOfADirectory() throws {
    let directory = try DataDirectory()
    try directory.write(Array("P2 1 1 255 7".utf8), "b")
    try directory.write(Array("damaged".utf8), "c.png")
    try directory.write(Array("P2 1 1 255 7".utf8), "a.pgm")
    try directory.write(Array("P2 1 1 255 7".utf8), ".hidden.pgm")
    try directory.write(Array("hello".utf8), "readme.txt")
    try FileSystem.createDirectory(directory.path + "/d.png")
    let names = try ImageFolder.paths(in: directory.path).map { FileSystem.name(of: $0) }
    #expect(names == ["a.pgm", "b", "c.png"])
  }

  /// The files of Debian's package dataset-fashion-mnist; its counts are those of the publication.
  @Test(.enabled(if: FileSystem.kind(of: "/usr/share/datasets/fashion-mnist") == .directory))
  func fashionMNIST() throws {
    let directory = MNISTDirectory("/usr/share/datasets/fashion-mnist")
    #expect(directory.member == .fashion)
    for (split, count) in [(MNISTDirectory.Split.train, 60_000), (.test, 10_000)] {
      let data = try directory.read(split)
      #expect(data.pixels.shape == [count, 1, 28, 28])
      for label in 0..<10 {
        #expect(data.labels.count { $0 == label } == count / 10)
      }
    }
    // The first training picture is an ankle boot, the first test picture too.
    #expect(try directory.read(.test).labels[0] == 9)
  }
}
