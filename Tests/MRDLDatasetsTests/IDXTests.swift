import MRDLCompression
import MRDLCore
import MRDLDatasets
import Testing

@Suite struct IDXTests {
  private func file(_ type: UInt8, _ extents: [UInt32], _ elements: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(contentsOf: [0, 0, type, UInt8(extents.count)])
    for extent in extents { writer.appendBigEndian(extent) }
    writer.append(contentsOf: elements)
    return writer.bytes
  }

  private func code(_ bytes: [UInt8]) -> FindingCode? {
    do {
      _ = try IDX.decode(Storage(bytes))
      return nil
    } catch {
      return error.code
    }
  }

  @Test func everyTypeIsRead() throws {
    #expect(
      try IDX.decode(Storage(file(0x08, [3], [1, 2, 255]))).elements() == [UInt8(1), 2, 255])
    #expect(try IDX.decode(Storage(file(0x09, [2], [1, 0xFF]))).elements() == [Int8(1), -1])
    #expect(try IDX.decode(Storage(file(0x0B, [1], [0xFF, 0xFE]))).elements() == [Int16(-2)])
    #expect(try IDX.decode(Storage(file(0x0C, [1], [0, 0, 1, 2]))).elements() == [Int32(258)])
    #expect(
      try IDX.decode(Storage(file(0x0D, [1], [0x3F, 0xC0, 0, 0]))).elements() == [Float(1.5)])
    #expect(
      try IDX.decode(Storage(file(0x0E, [1], [0xBF, 0xF8, 0, 0, 0, 0, 0, 0]))).elements()
        == [-1.5])
  }

  @Test func shapesAndCompressionAreRead() throws {
    let plain = file(0x08, [2, 1, 3], [1, 2, 3, 4, 5, 6])
    let packed = Deflate.bytes(from: plain, format: .gzip)
    for content in [plain, packed] {
      let tensor = try IDX.decode(Storage(content))
      #expect(tensor.shape == [2, 1, 3])
      #expect(tensor.elements() == [UInt8(1), 2, 3, 4, 5, 6])
    }
  }

  @Test func damagedFilesAreRefused() {
    let sound = file(0x08, [2, 3], [1, 2, 3, 4, 5, 6])
    #expect(code(sound) == nil)
    for count in 0..<sound.count { #expect(code(Array(sound.prefix(count))) == .badDataset) }
    #expect(code(sound + [0]) == .badDataset)
    #expect(code(file(0x0A, [1], [1])) == .badDataset)
    #expect(code(file(0x08, [0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], [])) == .badDataset)
    #expect(code(Array("P5 28 28 255".utf8)) == .badDataset)
  }

  @Test func labelsMustFitThePictures() throws {
    let pixels = Tensor([UInt8](0..<8), shape: [2, 1, 2, 2])
    let data = try LabelledImages(
      name: "test", pixels: pixels, labels: [1, 0], classNames: ["a", "b"])
    let reversed = try data.selecting([1, 0, 1])
    #expect(reversed.labels == [0, 1, 0])
    #expect(reversed.pixels.elements() == [UInt8(4), 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7])
    for labels in [[0], [0, 2], [0, -1]] {
      #expect(throws: MRDLError.self) {
        try LabelledImages(name: "test", pixels: pixels, labels: labels, classNames: ["a", "b"])
      }
    }
  }

  @Test func aMissingDirectoryOrFileIsNamed() {
    let missing = #expect(throws: MRDLError.self) {
      try MNISTDirectory("/nonexistent/fashion").read(.test)
    }
    #expect(missing?.code == .noSuchFile)
    #expect(MNISTDirectory("/x/fashion-mnist").member == .fashion)
    #expect(MNISTDirectory("/x/mnist").member == .digits)
  }
}
