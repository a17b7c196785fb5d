import MRDLCore
import MRDLImages
import Testing

private func decode(_ text: String, _ binary: [UInt8] = []) throws -> Image {
  try ImageDecoder.decode(Storage(Array(text.utf8) + binary))
}

private func code(_ text: String, _ binary: [UInt8] = [], limits: Limits = .standard)
  -> FindingCode?
{
  decodingError(Array(text.utf8) + binary, limits: limits)
}

@Suite("PNM")
struct PNMDecoderTests {
  /// A file, and the samples in it.
  struct Sound: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let binary: [UInt8]
    let shape: Shape
    let bits: Int
    let samples: [UInt16]

    init(
      _ text: String, _ binary: [UInt8] = [], shape: Shape, bits: Int = 8, _ samples: [UInt16]
    ) {
      testDescription = String(text.prefix(20))
      self.text = text
      self.binary = binary
      self.shape = shape
      self.bits = bits
      self.samples = samples
    }
  }

  static let sound: [Sound] = [
    Sound("P1\n3 2\n1 0 1\n0 1 0\n", shape: [2, 3, 1], [0, 255, 0, 255, 0, 255]),
    Sound("P1 # comment\n# another\n3\t2\n101010", shape: [2, 3, 1], [0, 255, 0, 255, 0, 255]),
    Sound("P1\n3 1\n1 # a comment between\n01", shape: [1, 3, 1], [0, 255, 0]),
    Sound(
      "P4\n10 2\n", [0b1010_1010, 0b1000_0000, 0, 0xFF], shape: [2, 10, 1],
      [0, 255, 0, 255, 0, 255, 0, 255, 0, 255] + [255, 255, 255, 255, 255, 255, 255, 255, 0, 0]),
    Sound("P2\n2 2\n255\n0 1\n254 255\n", shape: [2, 2, 1], [0, 1, 254, 255]),
    Sound("P2 2 1 15 0 15", shape: [1, 2, 1], [0, 255]),
    Sound("P2 3 1 2 0 1 2 rubbish after", shape: [1, 3, 1], [0, 128, 255]),
    Sound("P2 2 1 65535 258 65535", shape: [1, 2, 1], bits: 16, [258, 65_535]),
    Sound("P2 3 1 1000 0 500 1000", shape: [1, 3, 1], bits: 16, [0, 32_768, 65_535]),
    Sound("P3\r\n1 2\r\n255\r\n1 2 3\r\n4 5 6\r\n", shape: [2, 1, 3], [1, 2, 3, 4, 5, 6]),
    Sound("P5 2 2 255\n", [0, 10, 13, 35], shape: [2, 2, 1], [0, 10, 13, 35]),
    Sound("P5 2 1 255#a comment is white space\n", [35, 36], shape: [1, 2, 1], [35, 36]),
    Sound("P5 2 1 100\n", [0, 50], shape: [1, 2, 1], [0, 128]),
    Sound("P5 2 1 256\n", [1, 0, 0, 128], shape: [1, 2, 1], bits: 16, [65_535, 32_768]),
    Sound("P5 2 1 65535\n", [1, 2, 3, 4], shape: [1, 2, 1], bits: 16, [258, 772]),
    Sound("P6\n1 2\n255\n", [1, 2, 3, 4, 5, 6], shape: [2, 1, 3], [1, 2, 3, 4, 5, 6]),
    Sound("P6 1 1 65535 ", [1, 2, 3, 4, 5, 6, 99], shape: [1, 1, 3], bits: 16, [258, 772, 1286]),
    Sound(
      "P7\n# c\nWIDTH 1\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n",
      [1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 1, 4], [1, 2, 3, 4, 5, 6, 7, 8]),
    Sound(
      "P7\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nDEPTH 1\n\nHEIGHT 1\nWIDTH 2\nENDHDR\n", [0, 1],
      shape: [1, 2, 1], [0, 255]),
    Sound(
      "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 65535\nENDHDR\n", [1, 2, 3, 4], shape: [1, 1, 2],
      bits: 16,
      [258, 772]),
  ]

  @Test(arguments: sound)
  func soundFiles(file: Sound) throws {
    let image = try decode(file.text, file.binary)
    #expect(image.samples.shape == file.shape)
    #expect(image.bitsPerSample == file.bits)
    #expect(samples(of: image) == file.samples)
  }

  static let broken: [(String, [UInt8], FindingCode)] = [
    ("P0 1 1 255\n", [0], .notAnImage), ("P8 1 1 255\n", [0], .notAnImage),
    ("P5x1 1 255\n", [0], .notAnImage),
    ("P5 0 1 255\n", [0], .badImage), ("P5 1 0 255\n", [0], .badImage),
    ("P5 1 1 0\n", [0], .badImage), ("P5 1 1 65536\n", [0, 0], .badImage),
    ("P5 -1 1 255\n", [0], .badImage), ("P5 1 one 255\n", [0], .badImage),
    ("P5 99999999999999999999 1 255\n", [0], .badImage),
    ("P5 2147483647 2147483647 255\n", [0], .limitExceeded),
    ("P5 16384 16384 255\n", [0], .badImage),
    ("P5 2 2 255\n", [1, 2, 3], .badImage), ("P5 2 1 256\n", [1, 2, 3], .badImage),
    ("P5 2 1 100\n", [100, 101], .badImage), ("P5 1 1 256\n", [1, 1], .badImage),
    ("P5 1 1 255", [], .badImage), ("P5 1 1", [], .badImage), ("P5 1 1 255x", [0], .badImage),
    ("P2 2 1 255 1", [], .badImage), ("P2 1 1 255 256", [], .badImage),
    ("P2 1 1 255 x", [], .badImage), ("P2 1 1 255 -1", [], .badImage),
    ("P1 2 1 1", [], .badImage), ("P1 2 1 12", [], .badImage), ("P1 2 1 1x", [], .badImage),
    ("P4 9 2\n", [1, 2, 3], .badImage), ("P3 1 1 255 1 2", [], .badImage),
    ("P6 1 1 255\n", [1, 2], .badImage),
    ("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\n", [], .badImage),
    ("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nENDHDR\n", [0], .badImage),
    ("P7\nWIDTH 1\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\n", [0], .badImage),
    ("P7\nWIDTH 0\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\n", [0], .badImage),
    ("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 65536\nENDHDR\n", [0, 0], .badImage),
    ("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n", [0], .badImage),
    ("P7\nCOLOUR 1\nENDHDR\n", [0], .badImage),
    (
      "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\n", [1, 2, 3, 4, 5], .unsupportedImage
    ),
    (
      "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nTUPLTYPE DEPTHS\nENDHDR\n", [1],
      .unsupportedImage
    ),
  ]

  @Test(arguments: broken)
  func brokenFilesAreRefused(text: String, binary: [UInt8], expected: FindingCode) {
    #expect(code(text, binary) == expected)
  }

  @Test func limits() {
    var limits = Limits()
    limits.pixelCount = 3
    #expect(code("P5 3 1 255\n", [1, 2, 3], limits: limits) == nil)
    #expect(code("P5 4 1 255\n", [1, 2, 3, 4], limits: limits) == .limitExceeded)
  }
}
