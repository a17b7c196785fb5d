import MRDLCompression
import MRDLCore
import MRDLImages
import TestDirectories
import Testing

/// A picture with smooth parts, edges and noise.
private func picture(width: Int, height: Int, _ colorSpace: ColorSpace, bits: Int) -> Image {
  var state: UInt32 = 7
  let values = (0..<(width * height * colorSpace.channelCount)).map { index -> UInt16 in
    state = state &* 1_664_525 &+ 1_013_904_223
    return index % 5 == 0 ? UInt16(state >> 16) : UInt16(truncatingIfNeeded: index * 300)
  }
  let shape = Shape([height, width, colorSpace.channelCount])
  return Image(
    samples: bits == 8
      ? Tensor(values.map { UInt8($0 >> 8) }, shape: shape) : Tensor(values, shape: shape),
    colorSpace: colorSpace)
}

@Suite("PNG encoder")
struct PNGEncoderTests {
  @Test(arguments: ColorSpace.allCases, [8, 16])
  func roundTrip(colorSpace: ColorSpace, bits: Int) throws {
    for (width, height) in [(1, 1), (1, 7), (7, 1), (16, 16), (33, 19), (200, 301)] {
      let source = picture(width: width, height: height, colorSpace, bits: bits)
      for level in [0, 6] {
        let image = try ImageDecoder.decode(Storage(PNGEncoder.bytes(of: source, level: level)))
        #expect(image.colorSpace == colorSpace)
        #expect(image.bitsPerSample == bits)
        #expect(image.samples.shape == source.samples.shape)
        let isEqual = samples(of: image) == samples(of: source)
        #expect(isEqual, "\(width) × \(height)")
      }
    }
  }

  /// A gradient differs from its neighbours by a constant, which filters make almost nothing of.
  @Test func filtersPay() {
    let elements = (0..<(256 * 64)).map { UInt8(truncatingIfNeeded: $0 % 256 + $0 / 256) }
    let gradient = Image(samples: Tensor(elements, shape: [64, 256, 1]), colorSpace: .grey)
    let plain = Deflate.bytes(from: elements, format: .zlib)
    #expect(PNGEncoder.bytes(of: gradient).count < plain.count / 2)
  }

  @Test func writesFiles() throws {
    let directory = try TemporaryDirectory()
    let source = picture(width: 9, height: 5, .rgb, bits: 8)
    try PNGEncoder.write(source, to: directory.file("a.png"))
    let image = try ImageDecoder.decode(file: directory.file("a.png"))
    #expect(samples(of: image) == samples(of: source))
    let error = #expect(throws: MRDLError.self) {
      try PNGEncoder.write(source, to: directory.file("a.png"), replacing: false)
    }
    #expect(error?.code == .wouldOverwrite)
  }
}
