import MRDLCore
import MRDLImages
import Testing

/// Writes BMP files with any field wrong on demand.
private struct BMPBuilder {
  var headerByteCount = 40
  var width = 3
  var height = 2
  var planes: UInt16 = 1
  var bits: UInt16 = 24
  var compression: UInt32 = 0
  var colorCount: UInt32 = 0
  /// Red, green, blue and opacity; written where the header has room or the compression asks for them.
  var masks: [UInt32] = []
  /// Blue, green and red of each entry.
  var palette: [[UInt8]] = []
  var data: [UInt8] = []
  var dataByteOffset: UInt32?

  var file: [UInt8] {
    var header = ByteWriter()
    header.append(UInt32(headerByteCount))
    if headerByteCount == 12 {
      header.append(UInt16(width))
      header.append(UInt16(height))
    } else {
      header.append(Int32(width))
      header.append(Int32(height))
    }
    header.append(planes)
    header.append(bits)
    if headerByteCount > 16 {
      header.append(compression)
      for _ in 0..<3 { header.append(UInt32(0)) }
      header.append(colorCount)
      header.append(UInt32(0))
      for mask in masks { header.append(mask) }
    }
    while header.bytes.count < headerByteCount { header.append(UInt8(0)) }
    for entry in palette {
      header.append(contentsOf: entry)
      if headerByteCount != 12 { header.append(UInt8(0)) }
    }
    var file = ByteWriter()
    file.append(contentsOf: Array("BM".utf8))
    file.append(UInt32(14 + header.bytes.count + data.count))
    file.append(UInt32(0))
    file.append(dataByteOffset ?? UInt32(14 + header.bytes.count))
    file.append(contentsOf: header.bytes)
    file.append(contentsOf: data)
    return file.bytes
  }
}

private func image(_ builder: BMPBuilder) throws -> Image {
  try ImageDecoder.decode(Storage(builder.file))
}

private let red: [UInt16] = [255, 0, 0]
private let green: [UInt16] = [0, 255, 0]
private let blue: [UInt16] = [0, 0, 255]
private let grey: [UInt16] = [9, 9, 9]
private let fourColors: [[UInt8]] = [[9, 9, 9], [0, 0, 255], [0, 255, 0], [255, 0, 0]]

@Suite("BMP")
struct BMPDecoderTests {
  @Test(arguments: [12, 16, 40, 52, 56, 64, 108, 124])
  func trueColor(headerByteCount: Int) throws {
    var builder = BMPBuilder(headerByteCount: headerByteCount)
    // Two rows from the bottom, blue first, padded to four bytes.
    builder.data = [
      255, 0, 0, 0, 255, 0, 0, 0, 255, 7, 7, 7,
      0, 0, 255, 1, 2, 3, 9, 9, 9, 7, 7, 7,
    ]
    let image = try image(builder)
    #expect(image.samples.shape == [2, 3, 3])
    #expect(samples(of: image) == red + [3, 2, 1] + grey + blue + green + red)
  }

  @Test func topDown() throws {
    let builder = BMPBuilder(
      width: 1, height: -2, data: [255, 0, 0, 0, 0, 255, 0, 0])
    #expect(samples(of: try image(builder)) == blue + green)
  }

  @Test(arguments: [12, 40, 64, 124])
  func palettes(headerByteCount: Int) throws {
    var builder = BMPBuilder(headerByteCount: headerByteCount, width: 3, height: 1)
    builder.palette = Array(fourColors[..<2])
    builder.bits = 1
    builder.data = [0b1011_1111, 0, 0, 0]
    #expect(samples(of: try image(builder)) == red + grey + red)
    builder.palette = fourColors
    builder.bits = 4
    builder.data = [0x12, 0x30, 0, 0]
    // OS/2 1 has no number of entries; those that are missing are known from where the pixels begin.
    #expect(samples(of: try image(builder)) == red + green + blue)
    builder.colorCount = 4
    builder.bits = 8
    builder.data = [3, 2, 0, 0]
    #expect(samples(of: try image(builder)) == blue + green + grey)
  }

  @Test func sixteenBits() throws {
    var builder = BMPBuilder(width: 3, height: 1, bits: 16)
    // 5-5-5: all red; half of everything; the highest bit means nothing.
    builder.data = [0x00, 0x7C, 0x10, 0x42, 0x1F, 0x80, 0, 0]
    #expect(samples(of: try image(builder)) == red + [132, 132, 132] + blue)
    builder.compression = 3
    builder.masks = [0xF800, 0x07E0, 0x001F]
    builder.data = [0x00, 0xF8, 0xE0, 0x07, 0x20, 0x00, 0, 0]
    // 1 of 63 is 4.05 of 255.
    #expect(samples(of: try image(builder)) == red + green + [0, 4, 0])
  }

  @Test func thirtyTwoBits() throws {
    var builder = BMPBuilder(width: 2, height: 1, bits: 32)
    builder.data = [1, 2, 3, 77, 4, 5, 6, 0]
    #expect(samples(of: try image(builder)) == [3, 2, 1, 6, 5, 4])
    builder.compression = 3
    builder.masks = [0xFF, 0xFF00, 0xFF_0000]
    #expect(samples(of: try image(builder)) == [1, 2, 3, 4, 5, 6])
    // Ten bits a channel.
    builder.masks = [0x3FF0_0000, 0x000F_FC00, 0x0000_03FF]
    builder.data = [0xFF, 0x03, 0xF0, 0x3F] + [0x00, 0x02, 0, 0]
    #expect(samples(of: try image(builder)) == [255, 0, 255, 0, 0, 128])
  }

  @Test(arguments: [40, 56, 108, 124])
  func opacity(headerByteCount: Int) throws {
    var builder = BMPBuilder(headerByteCount: headerByteCount, width: 2, height: 1, bits: 32)
    builder.compression = headerByteCount == 40 ? 6 : 3
    builder.masks = [0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000]
    builder.data = [1, 2, 3, 77, 4, 5, 6, 0]
    let decoded = try image(builder)
    #expect(decoded.colorSpace == .rgba)
    #expect(samples(of: decoded) == [3, 2, 1, 77, 6, 5, 4, 0])
  }

  @Test func runsOfBytes() throws {
    var builder = BMPBuilder(width: 6, height: 3, bits: 8, compression: 1)
    builder.palette = fourColors
    builder.colorCount = 4
    builder.data = [
      2, 1, 0, 3, 2, 3, 2, 0, 1, 0, 0, 0,  // red red green blue green grey, end of line
      0, 2, 4, 1, 2, 2,  // four to the right and one up: green green
      0, 1,
    ]
    let blank = grey + grey + grey + grey
    #expect(
      samples(of: try image(builder))
        == blank + green + green + blank + grey + grey
        + red + red + green + blue + green + grey)
  }

  @Test func runsOfNibbles() throws {
    var builder = BMPBuilder(width: 5, height: 2, bits: 4, compression: 2)
    builder.palette = fourColors
    builder.colorCount = 4
    builder.data = [5, 0x12, 0, 0, 0, 5, 0x12, 0x30, 0x10, 0]
    // No mark of the end: all rows are there.
    #expect(
      samples(of: try image(builder))
        == red + green + blue + grey + red + red + green + red + green + red)
  }

  // MARK: Broken files

  private static let broken: [(String, FindingCode, @Sendable (inout BMPBuilder) -> Void)] = [
    ("header size", .badImage, { $0.headerByteCount = 65 }),
    ("no width", .badImage, { $0.width = 0 }),
    ("negative width", .badImage, { $0.width = -3 }),
    ("no height", .badImage, { $0.height = 0 }),
    ("least height", .limitExceeded, { $0.height = Int(Int32.min) }),
    ("pixels that are not there", .badImage, { ($0.width, $0.height) = (16_384, 16_384) }),
    ("too many pixels", .limitExceeded, { ($0.width, $0.height) = (1 << 30, 1 << 30) }),
    ("planes", .badImage, { $0.planes = 2 }),
    ("bits", .badImage, { $0.bits = 2 }),
    ("no bits", .badImage, { $0.bits = 0 }),
    ("compression", .unsupportedImage, { $0.compression = 4 }),
    ("OS/2 compression", .unsupportedImage, { ($0.headerByteCount, $0.compression) = (64, 3) }),
    ("runs of RGB", .badImage, { $0.compression = 1 }),
    ("bit fields of 24 bits", .badImage, { $0.compression = 3 }),
    ("cut short", .badImage, { $0.data.removeLast() }),
    ("pixels in the header", .badImage, { $0.dataByteOffset = 20 }),
    ("pixels after the end", .badImage, { $0.dataByteOffset = 100_000 }),
    ("no palette", .badImage, { $0.bits = 8 }),
    (
      "index outside the palette", .badImage,
      { ($0.bits, $0.palette, $0.data) = (8, fourColors, [0, 1, 2, 0, 0, 1, 4, 0]) }
    ),
    ("overlapping fields", .badImage, { setMasks(&$0, [0xFF, 0xFF, 0xFF00]) }),
    ("fields with holes", .badImage, { setMasks(&$0, [0xFF, 0x5500, 0xFF_0000]) }),
    (
      "runs from the top", .badImage,
      {
        setRuns(&$0, [6, 1, 0, 1]); $0.height = -2
      }
    ),
    ("a run past the row", .badImage, { setRuns(&$0, [4, 1, 0, 1]) }),
    ("literals past the row", .badImage, { setRuns(&$0, [0, 4, 1, 1, 1, 1, 0, 1]) }),
    ("a run past the last row", .badImage, { setRuns(&$0, [0, 0, 0, 0, 1, 1, 0, 1]) }),
    ("a delta out of the picture", .badImage, { setRuns(&$0, [0, 2, 200, 0, 1, 1, 0, 1]) }),
    ("runs cut short", .badImage, { setRuns(&$0, [3, 1, 0]) }),
    ("runs without an end", .badImage, { setRuns(&$0, [3, 1]) }),
    ("literals cut short", .badImage, { setRuns(&$0, [0, 3, 1]) }),
    ("no runs at all", .badImage, { setRuns(&$0, []) }),
  ]

  @Sendable private static func setMasks(_ builder: inout BMPBuilder, _ masks: [UInt32]) {
    builder.bits = 32
    builder.compression = 3
    builder.masks = masks
  }

  @Sendable private static func setRuns(_ builder: inout BMPBuilder, _ data: [UInt8]) {
    builder.bits = 8
    builder.compression = 1
    builder.palette = fourColors
    builder.data = data
  }

  @Test(arguments: broken.indices)
  func brokenFilesAreRefused(index: Int) {
    let (name, code, change) = Self.broken[index]
    var builder = BMPBuilder(data: [UInt8](repeating: 0, count: 24))
    #expect(decodingError(builder.file) == nil)
    change(&builder)
    #expect(decodingError(builder.file) == code, "\(name)")
  }

  @Test func everyTruncationIsRefused() {
    let file = BMPBuilder(data: [UInt8](repeating: 0, count: 24)).file
    for count in 18..<file.count {
      #expect(decodingError(Array(file[..<count])) == .badImage, "\(count) bytes")
    }
  }

  @Test func changedBytesNeverTrap() {
    var builder = BMPBuilder()
    Self.setRuns(&builder, [2, 1, 0, 3, 1, 2, 3, 0, 0, 2, 1, 1, 0, 0, 0, 1])
    let file = builder.file
    for index in 2..<file.count {
      for value: UInt8 in [0, 1, 3, 0x7F, 0xFF] {
        var damaged = file
        damaged[index] = value
        _ = decodingError(damaged)
      }
    }
  }
}
