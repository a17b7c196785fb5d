/// Writes PNG files of any kind from the samples that they hold, and broken ones.
///
/// Nothing here is shared with the package: checksums, filters and packing follow the specification
/// word for word, and deflate uses stored blocks only.
struct PNGBuilder {
  struct Chunk {
    var type: String
    var data: [UInt8]
    var checksum: UInt32?

    init(_ type: String, _ data: [UInt8] = []) {
      self.type = type
      self.data = data
    }

    var bytes: [UInt8] {
      let checked = Array(type.utf8) + data
      return big(UInt32(data.count)) + checked + big(checksum ?? crc32(checked))
    }
  }

  var width: Int
  var height: Int
  var colorType: UInt8
  var bitDepth: Int
  var isInterlaced = false
  var palette: [UInt8] = []
  var transparency: [UInt8] = []
  /// Rows of samples as the file holds them, channels side by side.
  var samples: [[UInt16]] = []
  /// The filter type of a row, counted through all passes.
  var filter: (Int) -> UInt8 = { UInt8($0 % 5) }
  /// Changes the scanlines before they are compressed.
  var changeScanlines: (inout [UInt8]) -> Void = { _ in }
  /// Changes the zlib stream.
  var changeStream: (inout [UInt8]) -> Void = { _ in }

  static let signature: [UInt8] = [137, 80, 78, 71, 13, 10, 26, 10]

  var channelCount: Int {
    switch colorType {
    case 2: 3
    case 4: 2
    case 6: 4
    default: 1
    }
  }

  /// A picture with samples that look random but are the same in every run.
  init(width: Int, height: Int, colorType: UInt8, bitDepth: Int) {
    self.width = width
    self.height = height
    self.colorType = colorType
    self.bitDepth = bitDepth
    var state: UInt32 = UInt32(width * 31 + height * 17 + bitDepth) + UInt32(colorType)
    func next() -> UInt16 {
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt16(state >> 16)
    }
    var entryCount = 0
    if colorType == 3 {
      entryCount = max(1, (1 << bitDepth) - 1)
      palette = (0..<(3 * entryCount)).map { _ in UInt8(truncatingIfNeeded: next() >> 3) }
    }
    for row in 0..<height {
      samples.append(
        (0..<(width * channelCount)).map { index in
          // Smooth in parts, so that filters have something to do.
          let smooth = UInt16(truncatingIfNeeded: row * 257 + index * 131)
          let value = index % 3 == 0 ? next() : smooth
          if colorType == 3 { return value % UInt16(entryCount) }
          return value & UInt16((1 << bitDepth) - 1)
        })
    }
  }

  // MARK: The file

  var chunks: [Chunk] {
    var header = big(UInt32(width)) + big(UInt32(height))
    header += [UInt8(bitDepth), colorType, 0, 0, isInterlaced ? 1 : 0]
    var result = [Chunk("IHDR", header)]
    if !palette.isEmpty { result.append(Chunk("PLTE", palette)) }
    if !transparency.isEmpty { result.append(Chunk("tRNS", transparency)) }
    result.append(Chunk("IDAT", stream))
    result.append(Chunk("IEND"))
    return result
  }

  static func file(_ chunks: [Chunk], signature: [UInt8] = signature) -> [UInt8] {
    signature + chunks.flatMap { $0.bytes }
  }

  var file: [UInt8] { Self.file(chunks) }

  var stream: [UInt8] {
    var scanlines = self.scanlines
    changeScanlines(&scanlines)
    var stream = zlibStored(scanlines)
    changeStream(&stream)
    return stream
  }

  private var scanlines: [UInt8] {
    let steps: [(column: Int, row: Int, columnStep: Int, rowStep: Int)] =
      isInterlaced
      ? [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
      ] : [(0, 0, 1, 1)]
    var result: [UInt8] = []
    var rowCount = 0
    for pass in steps {
      var above: [UInt8] = []
      for row in stride(from: pass.row, to: height, by: pass.rowStep) {
        let columns = stride(from: pass.column, to: width, by: pass.columnStep)
        let values = columns.flatMap { column in
          samples[row][(column * channelCount)..<((column + 1) * channelCount)]
        }
        if values.isEmpty { continue }
        let packed = pack(values)
        if above.isEmpty { above = [UInt8](repeating: 0, count: packed.count) }
        let filter = filter(rowCount)
        result.append(filter)
        result += filtered(packed, above, filter)
        above = packed
        rowCount += 1
      }
    }
    return result
  }

  private func pack(_ values: [UInt16]) -> [UInt8] {
    if bitDepth == 16 { return values.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
    if bitDepth == 8 { return values.map { UInt8($0) } }
    let perByte = 8 / bitDepth
    return stride(from: 0, to: values.count, by: perByte).map { start in
      var byte = 0
      for index in start..<(start + perByte) {
        byte = byte << bitDepth | (index < values.count ? Int(values[index]) : 0)
      }
      return UInt8(byte)
    }
  }

  private func filtered(_ row: [UInt8], _ above: [UInt8], _ filter: UInt8) -> [UInt8] {
    let distance = max(1, channelCount * bitDepth / 8)
    return row.indices.map { x in
      let a = x >= distance ? Int(row[x - distance]) : 0
      let b = Int(above[x])
      let c = x >= distance ? Int(above[x - distance]) : 0
      let predicted: Int
      switch filter {
      case 1: predicted = a
      case 2: predicted = b
      case 3: predicted = (a + b) / 2
      case 4:
        let p = a + b - c
        let (pa, pb, pc) = (abs(p - a), abs(p - b), abs(p - c))
        predicted = pa <= pb && pa <= pc ? a : (pb <= pc ? b : c)
      default: predicted = 0
      }
      return UInt8(truncatingIfNeeded: Int(row[x]) - predicted)
    }
  }

  // MARK: What a decoder must make of it

  /// Channels side by side, spread over 8 bits where there are fewer.
  var expected: [UInt16] {
    let greatest = (1 << min(bitDepth, 16)) - 1
    let key = stride(from: 0, to: transparency.count, by: 2).map { index in
      colorType == 3
        ? 0 : (Int(transparency[index]) << 8 | Int(transparency[index + 1])) & greatest
    }
    var result: [UInt16] = []
    for row in samples {
      for pixel in stride(from: 0, to: row.count, by: channelCount) {
        let values = row[pixel..<(pixel + channelCount)]
        if colorType == 3 {
          let index = Int(row[pixel])
          result += palette[(3 * index)..<(3 * index + 3)].map { UInt16($0) }
          if !transparency.isEmpty {
            result.append(index < transparency.count ? UInt16(transparency[index]) : 255)
          }
          continue
        }
        result += values.map { bitDepth < 8 ? $0 * UInt16(255 / greatest) : $0 }
        if !transparency.isEmpty {
          result.append(values.map { Int($0) } == key ? 0 : bitDepth == 16 ? 65_535 : 255)
        }
      }
    }
    return result
  }

  var expectedChannelCount: Int {
    (colorType == 3 ? 3 : channelCount) + (transparency.isEmpty ? 0 : 1)
  }
}

// MARK: Checksums and deflate by their definitions

func big(_ value: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

func crc32(_ bytes: [UInt8]) -> UInt32 {
  var state = UInt32.max
  for byte in bytes {
    state ^= UInt32(byte)
    for _ in 0..<8 { state = state & 1 == 1 ? 0xEDB8_8320 ^ (state >> 1) : state >> 1 }
  }
  return ~state
}

/// A zlib stream of stored blocks.
func zlibStored(_ bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = [0x78, 0x01]
  var start = 0
  repeat {
    let end = min(start + 65_535, bytes.count)
    let count = UInt16(end - start)
    result.append(end == bytes.count ? 1 : 0)
    for value in [count, ~count] { result += [UInt8(value & 255), UInt8(value >> 8)] }
    result += bytes[start..<end]
    start = end
  } while start < bytes.count
  var (a, b): (UInt32, UInt32) = (1, 0)
  for byte in bytes {
    a = (a + UInt32(byte)) % 65_521
    b = (b + a) % 65_521
  }
  return result + big(b << 16 | a)
}
