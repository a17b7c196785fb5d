import MRDLCore

/// Decodes BMP: 1, 4, 8, 16, 24 and 32 bits a pixel, palettes, bit fields and runs.
///
/// The result is RGB, or RGBA where a bit field for opacity is stated; the fourth byte of other 32-bit
/// pixels means nothing. Fields of `n` bits are scaled by `round(v · 255 / (2ⁿ − 1))`. Pixels that runs leave
/// out have the first colour of the palette.
struct BMPDecoder {
  private let header: BMPHeader
  private let storage: Storage

  static func decode(_ storage: Storage, limits: Limits) throws(MRDLError) -> Image {
    let header = try BMPHeader(storage, limits: limits)
    let decoder = BMPDecoder(header: header, storage: storage)
    switch header.compression {
    case .runs4, .runs8: return try decoder.imageOfRuns(limits: limits)
    case .none, .bitFields, .alphaBitFields:
      try decoder.requireRows()
      return header.bitsPerPixel <= 8
        ? try decoder.imageOfIndices()
        : decoder.imageOfFields()
    }
  }

  private func requireRows() throws(MRDLError) {
    let found = storage.byteCount - header.dataByteOffset
    guard let needed = header.rowByteCount.multipliedChecked(by: header.height), needed <= found
    else {
      throw MRDLError(
        .badImage, "a BMP is cut short", found: "\(found) bytes of pixels",
        expected: "\(header.rowByteCount) for each of \(header.height) rows",
        at: Place(byteOffset: UInt64(header.dataByteOffset)))
    }
  }

  /// The row of the picture that the file's row `index` is.
  private func row(_ index: Int) -> Int {
    header.isTopDown ? index : header.height - 1 - index
  }

  // MARK: Palettes

  private func imageOfIndices() throws(MRDLError) -> Image {
    let source = storage.bytes
    let bits = header.bitsPerPixel
    let mask = UInt8(truncatingIfNeeded: (1 << bits) - 1)
    var indices = [UInt8](repeating: 0, count: header.width * header.height)
    for rowIndex in 0..<header.height {
      let start = header.dataByteOffset + rowIndex * header.rowByteCount
      let target = row(rowIndex) * header.width
      for column in 0..<header.width {
        let bit = column * bits
        let byte = source.byte(at: start + (bit >> 3))
        indices[target + column] =
          (byte >> UInt8(truncatingIfNeeded: 8 - bits - (bit & 7))) & mask
      }
    }
    return try image(ofIndices: indices)
  }

  private func imageOfRuns(limits: Limits) throws(MRDLError) -> Image {
    let storedByteCount = storage.byteCount - header.dataByteOffset
    let bound = storedByteCount.multipliedChecked(by: limits.inflationRatio) ?? .max
    guard header.width * header.height <= bound else {
      throw MRDLError(
        .badImage, "the data of a BMP is too short for its pixels",
        found: "\(storedByteCount) bytes",
        expected: "enough for \(header.width) × \(header.height) pixels",
        at: Place(byteOffset: UInt64(header.dataByteOffset)))
    }
    var indices = [UInt8](repeating: 0, count: header.width * header.height)
    var runs = try BMPRuns(
      ByteReader(storage, truncationCode: .badImage).slice(
        byteOffset: header.dataByteOffset, byteCount: storedByteCount), header)
    while let run = try runs.next() {
      let start = row(run.row) * header.width + run.column
      for index in run.indices.indices { indices[start + index] = run.indices[index] }
    }
    return try image(ofIndices: indices)
  }

  private func image(ofIndices indices: [UInt8]) throws(MRDLError) -> Image {
    if let greatest = indices.max(), greatest >= header.palette.count {
      throw MRDLError(
        .badImage, "a pixel of a BMP names a colour outside the palette", found: "\(greatest)",
        expected: "0 to \(header.palette.count - 1)")
    }
    var samples: [UInt8] = []
    samples.reserveCapacity(3 * indices.count)
    for index in indices {
      let color = header.palette[Int(index)]
      samples.append(color.x)
      samples.append(color.y)
      samples.append(color.z)
    }
    return image(samples, .rgb)
  }

  // MARK: Bit fields

  private func imageOfFields() -> Image {
    let source = storage.bytes
    let colorSpace: ColorSpace = header.masks.alpha == 0 ? .rgb : .rgba
    let fields = header.masks.all[..<colorSpace.channelCount].map { BitField(mask: $0) }
    let channelCount = colorSpace.channelCount
    let pixelByteCount = header.bitsPerPixel / 8
    var samples = [UInt8](
      repeating: 0, count: header.width * header.height * channelCount)
    for rowIndex in 0..<header.height {
      var position = header.dataByteOffset + rowIndex * header.rowByteCount
      var target = row(rowIndex) * header.width * channelCount
      for _ in 0..<header.width {
        let pixel: UInt32 =
          switch pixelByteCount {
          case 2: source.littleEndian16(at: position)
          case 3:
            source.littleEndian16(at: position) | UInt32(source.byte(at: position + 2)) << 16
          default: source.littleEndian32(at: position)
          }
        for channel in 0..<channelCount { samples[target + channel] = fields[channel].value(pixel) }
        position += pixelByteCount
        target += channelCount
      }
    }
    return image(samples, colorSpace)
  }

  private func image(_ samples: [UInt8], _ colorSpace: ColorSpace) -> Image {
    Image(
      samples: Tensor(
        samples, shape: Shape([header.height, header.width, colorSpace.channelCount])),
      colorSpace: colorSpace)
  }
}

/// Some neighbouring bits of a pixel that hold one channel.
private struct BitField {
  let mask: UInt32
  let shift: UInt32
  let greatest: UInt64

  init(mask: UInt32) {
    self.mask = mask
    shift = mask == 0 ? 0 : UInt32(mask.trailingZeroBitCount)
    greatest = UInt64(mask >> shift)
  }

  @inline(__always)
  func value(_ pixel: UInt32) -> UInt8 {
    let value = (pixel & mask) >> shift
    if greatest == 255 { return UInt8(truncatingIfNeeded: value) }
    if greatest == 0 { return 0 }
    return UInt8(truncatingIfNeeded: (UInt64(value) * 255 + greatest / 2) / greatest)
  }
}
