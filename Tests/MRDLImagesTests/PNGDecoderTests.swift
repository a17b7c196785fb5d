import MRDLCore
import MRDLImages
import TestDirectories
import Testing

/// All samples of a picture, whatever their type.
func samples(of image: Image) -> [UInt16] {
  image.bitsPerSample == 8
    ? image.samples.elements(as: UInt8.self).map { UInt16($0) }
    : image.samples.elements(as: UInt16.self)
}

/// The code of the error that decoding ends with, if it does.
func decodingError(_ file: [UInt8], limits: Limits = .standard) -> FindingCode? {
  do throws(MRDLError) {
    _ = try ImageDecoder.decode(Storage(file), limits: limits)
    return nil
  } catch {
    return error.code
  }
}

/// One of the fifteen kinds of PNG.
struct PNGKind: Sendable, CustomTestStringConvertible {
  let colorType: UInt8
  let bitDepth: Int

  var testDescription: String { "colour type \(colorType), \(bitDepth) bits" }

  static let all: [PNGKind] =
    [(0, [1, 2, 4, 8, 16]), (2, [8, 16]), (3, [1, 2, 4, 8])]
    .flatMap { type, depths in depths.map { PNGKind(colorType: UInt8(type), bitDepth: $0) } }
    + [4, 6].flatMap { type in [8, 16].map { PNGKind(colorType: type, bitDepth: $0) } }
}

private func expectPixels(_ builder: PNGBuilder, _ file: [UInt8]? = nil) throws {
  let image = try ImageDecoder.decode(Storage(file ?? builder.file))
  #expect(image.width == builder.width)
  #expect(image.height == builder.height)
  #expect(image.channelCount == builder.expectedChannelCount)
  #expect(image.bitsPerSample == (builder.bitDepth == 16 ? 16 : 8))
  // One comparison, because the arrays are long.
  let isEqual = samples(of: image) == builder.expected
  #expect(isEqual, "\(builder.width) × \(builder.height)")
}

@Suite("PNG")
struct PNGDecoderTests {
  static let sizes = [(1, 1), (1, 9), (9, 1), (2, 3), (5, 5), (8, 8), (9, 7), (33, 17)]

  @Test(arguments: PNGKind.all, [false, true])
  func everyKind(kind: PNGKind, isInterlaced: Bool) throws {
    for (width, height) in Self.sizes {
      var builder = PNGBuilder(
        width: width, height: height, colorType: kind.colorType, bitDepth: kind.bitDepth)
      builder.isInterlaced = isInterlaced
      try expectPixels(builder)
      for filter: UInt8 in 0...4 {
        builder.filter = { _ in filter }
        try expectPixels(builder)
      }
    }
  }

  @Test(arguments: PNGKind.all.filter { $0.colorType < 4 }, [false, true])
  func transparency(kind: PNGKind, isInterlaced: Bool) throws {
    for (width, height) in Self.sizes {
      var builder = PNGBuilder(
        width: width, height: height, colorType: kind.colorType, bitDepth: kind.bitDepth)
      builder.isInterlaced = isInterlaced
      if kind.colorType == 3 {
        builder.transparency = (0..<max(1, builder.palette.count / 6)).map {
          UInt8(255 - 40 * ($0 % 7))
        }
      } else {
        // The colour of the last pixel; bits above the depth mean nothing.
        let color = builder.samples[height - 1].suffix(builder.channelCount)
        let high = kind.bitDepth < 16 ? UInt16(1) << UInt16(kind.bitDepth) : 0
        builder.transparency = color.flatMap { value in
          [UInt8((value | high) >> 8), UInt8((value | high) & 255)]
        }
      }
      try expectPixels(builder)
      #expect(builder.expected.last == (kind.colorType == 3 ? builder.expected.last : 0))
    }
  }

  /// Two 16-bit colours that differ in their low bytes only are two colours.
  @Test func transparencyComparesSixteenBits() throws {
    var builder = PNGBuilder(width: 2, height: 1, colorType: 0, bitDepth: 16)
    builder.samples = [[0x1234, 0x1235]]
    builder.transparency = [0x12, 0x34]
    let image = try ImageDecoder.decode(Storage(builder.file))
    #expect(samples(of: image) == [0x1234, 0, 0x1235, 65_535])
  }

  @Test func wholePaletteOf256() throws {
    var builder = PNGBuilder(width: 16, height: 16, colorType: 3, bitDepth: 8)
    builder.palette = (0..<768).map { UInt8(truncatingIfNeeded: 7 * $0) }
    builder.samples = (0..<16).map { row in (0..<16).map { UInt16(16 * row + $0) } }
    try expectPixels(builder)
  }

  @Test(arguments: [1, 2, 13, 1000])
  func dataInParts(byteCount: Int) throws {
    let builder = PNGBuilder(width: 20, height: 10, colorType: 2, bitDepth: 8)
    var chunks = builder.chunks
    let stream = builder.stream
    var parts = [PNGBuilder.Chunk("IDAT")]
    for start in stride(from: 0, to: stream.count, by: byteCount) {
      parts.append(.init("IDAT", Array(stream[start..<min(start + byteCount, stream.count)])))
      if start % 3 == 0 { parts.append(.init("IDAT")) }
    }
    chunks.replaceSubrange(1...1, with: parts)
    try expectPixels(builder, PNGBuilder.file(chunks))
  }

  @Test func chunksThatChangeNothing() throws {
    let builder = PNGBuilder(width: 5, height: 4, colorType: 2, bitDepth: 8)
    var chunks = builder.chunks
    chunks.insert(.init("tEXt", Array("Title\0x".utf8)), at: 2)
    chunks.insert(.init("zzZz", [1, 2, 3]), at: 1)
    chunks.insert(.init("PLTE", [1, 2, 3]), at: 1)
    chunks.insert(.init("gAMA", [0, 0, 0, 1]), at: 1)
    try expectPixels(builder, PNGBuilder.file(chunks))
    try expectPixels(builder, builder.file + Array("what follows is not the picture".utf8))
  }

  // MARK: Broken files

  @Test func everyTruncationIsRefused() {
    let file = PNGBuilder(width: 4, height: 3, colorType: 2, bitDepth: 8).file
    for count in 1..<file.count {
      let code = decodingError(Array(file[..<count]))
      #expect(code == .badImage || (count < 4 && code == .notAnImage), "\(count) bytes")
    }
    #expect(decodingError([]) == .emptyFile)
  }

  @Test func everyChangedBitIsRefused() {
    var builder = PNGBuilder(width: 4, height: 3, colorType: 3, bitDepth: 4)
    builder.transparency = [1, 2]
    let file = builder.file
    for index in 0..<(8 * file.count) {
      var damaged = file
      damaged[index / 8] ^= 1 << UInt8(index % 8)
      #expect(decodingError(damaged) != nil, "bit \(index)")
    }
  }

  /// A way to break a file, and what it is called.
  struct Damage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: FindingCode
    let file: @Sendable () -> [UInt8]

    init(_ name: String, _ code: FindingCode = .badImage, _ file: @escaping @Sendable () -> [UInt8])
    {
      testDescription = name
      self.code = code
      self.file = file
    }

    /// A small RGB picture with its chunks changed.
    static func chunks(
      _ name: String, _ code: FindingCode = .badImage, colorType: UInt8 = 2, bitDepth: Int = 8,
      _ change: @escaping @Sendable (inout [PNGBuilder.Chunk]) -> Void
    ) -> Damage {
      Damage(name, code) {
        var chunks =
          PNGBuilder(width: 6, height: 5, colorType: colorType, bitDepth: bitDepth).chunks
        change(&chunks)
        return PNGBuilder.file(chunks)
      }
    }

    /// A small picture with its builder changed.
    static func builder(
      _ name: String, _ code: FindingCode = .badImage, colorType: UInt8 = 2, bitDepth: Int = 8,
      _ change: @escaping @Sendable (inout PNGBuilder) -> Void
    ) -> Damage {
      Damage(name, code) {
        var builder = PNGBuilder(width: 6, height: 5, colorType: colorType, bitDepth: bitDepth)
        change(&builder)
        return builder.file
      }
    }

    static func header(
      _ name: String, _ values: [Int: UInt8], code: FindingCode = .badImage
    ) -> Damage {
      chunks(name, code) { chunks in
        for (index, value) in values { chunks[0].data[index] = value }
      }
    }
  }

  static let signatures: [Damage] = PNGBuilder.signature.indices.map { index in
    Damage("signature byte \(index)") {
      var file = PNGBuilder(width: 2, height: 2, colorType: 0, bitDepth: 8).file
      file[index] ^= 0x80
      return file
    }
  }

  static let lineEnds: [Damage] = [
    Damage("line feeds became carriage returns and line feeds") {
      Array(
        PNGBuilder(width: 2, height: 2, colorType: 0, bitDepth: 8).file.map {
          $0 == 10 ? [13, 10] : [$0]
        }.joined())
    },
    Damage("carriage returns are gone") {
      PNGBuilder(width: 2, height: 2, colorType: 0, bitDepth: 8).file.filter { $0 != 13 }
    },
  ]

  static let headers: [Damage] = [
    .header("colour type 1", [9: 1]), .header("colour type 5", [9: 5]),
    .header("colour type 7", [9: 7]), .header("colour type 9", [9: 9]),
    .header("bit depth 0", [8: 0]), .header("bit depth 3", [8: 3]),
    .header("bit depth 99", [8: 99]), .header("bit depth 4 of RGB", [8: 4]),
    .header("16 bits of indices", [8: 16, 9: 3]), .header("compression 1", [10: 1]),
    .header("filter method 1", [11: 1]), .header("interlace method 2", [12: 2]),
    .header("no width", [3: 0]), .header("no height", [7: 0]),
    .header("a width past 2³¹", [0: 0x80]),
    .header("a height past the limit", [4: 0x7F], code: .limitExceeded),
    .header("16384 × 16384 pixels that are not there", [2: 64, 3: 0, 6: 64, 7: 0]),
    .chunks("header too short") { $0[0].data.removeLast() },
    .chunks("header too long") { $0[0].data.append(0) },
    .chunks("no header") { $0.removeFirst() },
    .chunks("two headers") { $0.insert($0[0], at: 1) },
    .chunks("header after the palette", colorType: 3) { $0.swapAt(0, 1) },
    .chunks("header with a wrong checksum") { $0[0].checksum = 1 },
    .chunks("text before the header") { $0.insert(.init("tEXt", [65, 0, 66]), at: 0) },
  ]

  static let palettes: [Damage] = [
    .builder("no palette", colorType: 3) { $0.palette = [] },
    .builder("palette of grey", colorType: 0) { $0.palette = [1, 2, 3] },
    .builder("palette of grey and alpha", colorType: 4) { $0.palette = [1, 2, 3] },
    .builder("palette of four bytes", colorType: 3) { $0.palette = [1, 2, 3, 4] },
    .builder("palette too long", colorType: 3, bitDepth: 1) {
      $0.palette = [UInt8](repeating: 1, count: 9)
    },
    .builder("palette of 257") { $0.palette = [UInt8](repeating: 1, count: 771) },
    .builder("index outside the palette", colorType: 3, bitDepth: 2) {
      $0.palette = [1, 2, 3, 4, 5, 6]
      $0.samples[4][5] = 2
    },
    .chunks("empty palette", colorType: 3) { $0[1].data = [] },
    .chunks("two palettes", colorType: 3) { $0.insert($0[1], at: 1) },
    .chunks("palette after the data", colorType: 3) { $0.swapAt(1, 2) },
  ]

  static let transparencies: [Damage] = [
    .builder("two transparencies", colorType: 4) { $0.transparency = [0, 1] },
    .builder("transparency of RGBA", colorType: 6) { $0.transparency = [0, 1, 0, 1, 0, 1] },
    .builder("grey key too short", colorType: 0) { $0.transparency = [1] },
    .builder("grey key too long", colorType: 0) { $0.transparency = [1, 2, 3, 4] },
    .builder("RGB key too short") { $0.transparency = [1, 2] },
    .builder("more opacities than colours", colorType: 3, bitDepth: 1) {
      $0.transparency = [1, 2, 3]
    },
    .chunks("transparency before the palette", colorType: 3) {
      $0.insert(.init("tRNS", [1]), at: 1)
    },
    .chunks("empty transparency", colorType: 3) { $0.insert(.init("tRNS"), at: 2) },
    .chunks("transparency twice", colorType: 0) {
      $0.insert(contentsOf: [.init("tRNS", [0, 1]), .init("tRNS", [0, 1])], at: 1)
    },
    .chunks("transparency after the data", colorType: 0) {
      $0.insert(.init("tRNS", [0, 1]), at: 2)
    },
  ]

  static let data: [Damage] = [
    .chunks("no data") { $0.remove(at: 1) },
    .chunks("empty data") { $0[1].data = [] },
    .chunks("data with a wrong checksum") { $0[1].checksum = 1 },
    .chunks("data with another chunk between") { chunks in
      let data = chunks[1].data
      chunks.replaceSubrange(
        1...1,
        with: [
          .init("IDAT", Array(data[..<5])), .init("tEXt", [65, 0]),
          .init("IDAT", Array(data[5...])),
        ])
    },
    .chunks("no end") { $0.removeLast() },
    .chunks("an end with data") { $0[2].data = [0] },
    .chunks("an unknown critical chunk", .unsupportedImage) { $0.insert(.init("ABCD"), at: 1) },
    .chunks("a chunk type with a digit") { $0.insert(.init("tE1t"), at: 1) },
    .chunks("an unneeded chunk with a wrong checksum") { chunks in
      var text = PNGBuilder.Chunk("tEXt", [65, 0])
      text.checksum = 7
      chunks.insert(text, at: 1)
    },
    .builder("one scanline byte too few") { $0.changeScanlines = { $0.removeLast() } },
    .builder("one scanline byte too many") { $0.changeScanlines = { $0.append(0) } },
    .builder("filter type 5") { $0.changeScanlines = { $0[0] = 5 } },
    .builder("filter type 255 in the last row") { $0.changeScanlines = { $0[4 * 19] = 255 } },
    .builder("a wrong Adler-32") { $0.changeStream = { $0[$0.count - 1] ^= 1 } },
    .builder("no Adler-32") { $0.changeStream = { $0.removeLast(4) } },
    .builder("bytes after the stream") { $0.changeStream = { $0.append(0) } },
    .builder("a zlib header of another method") { $0.changeStream = { $0[0] = 0x77 } },
    .builder("a preset dictionary") {
      $0.changeStream = { $0.replaceSubrange(0...1, with: [0x78, 0xBB, 0, 0, 0, 1]) }
    },
  ]

  @Test(arguments: signatures + lineEnds + headers + palettes + transparencies + data)
  func brokenFilesAreRefused(damage: Damage) {
    #expect(decodingError(damage.file()) == damage.code)
  }

  @Test func limits() {
    let file = PNGBuilder(width: 6, height: 5, colorType: 0, bitDepth: 8).file
    var limits = Limits()
    limits.pixelCount = 30
    #expect(decodingError(file, limits: limits) == nil)
    limits.pixelCount = 29
    #expect(decodingError(file, limits: limits) == .limitExceeded)
  }

  @Test func errorsNameFileAndChunk() throws {
    var chunks = PNGBuilder(width: 6, height: 5, colorType: 0, bitDepth: 8).chunks
    chunks[1].checksum = 1
    let directory = try TemporaryDirectory()
    let path = try directory.write(PNGBuilder.file(chunks), "broken.png")
    let error = #expect(throws: MRDLError.self) { try ImageDecoder.decode(file: path) }
    #expect(error?.place.file == path)
    #expect(error?.place.path == "IDAT")
    #expect(error?.place.byteOffset == 33)
  }
}
