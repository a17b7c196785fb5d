import MRDLCompression
import MRDLCore

/// Decodes PNG (W3C, third edition): all colour types, bit depths, filters, interlacing, palettes and
/// transparency.
///
/// Samples below 8 bits are spread over 0…255, 16-bit samples are kept. A palette becomes colour; transparency of
/// every kind becomes a channel of opacity. Every checksum is checked, and the data must have exactly the
/// size that the header asks for.
struct PNGDecoder {
  private let file: PNGFile
  private let storage: Storage
  /// The sample values that mean "transparent", one a channel; empty for none.
  private let transparentKey: [UInt16]
  /// Red, green, blue and opacity of each palette entry.
  private let colors: [SIMD4<UInt8>]
  private let colorSpace: ColorSpace

  static func decode(_ storage: Storage, limits: Limits) throws(MRDLError) -> Image {
    let file = try PNGFile(storage, limits: limits)
    let decoder = PNGDecoder(file, storage)
    try decoder.requireEnoughData(limits: limits)
    return file.header.bitDepth == 16
      ? try decoder.image(of: UInt16.self) : try decoder.image(of: UInt8.self)
  }

  private init(_ file: PNGFile, _ storage: Storage) {
    self.file = file
    self.storage = storage
    let header = file.header
    let base: ColorSpace =
      switch header.colorType {
      case .grey: .grey
      case .greyAlpha: .greyAlpha
      case .rgb, .indexed: .rgb
      case .rgba: .rgba
      }
    colorSpace = file.transparency == nil ? base : base.withAlpha
    if header.colorType == .indexed {
      let opacity = file.transparency ?? []
      colors = (0..<(file.palette.count / 3)).map { entry in
        SIMD4(
          file.palette[3 * entry], file.palette[3 * entry + 1], file.palette[3 * entry + 2],
          entry < opacity.count ? opacity[entry] : 255)
      }
      transparentKey = []
    } else {
      colors = []
      let bytes = file.transparency ?? []
      // Only the bits of the sample count (11.3.1.1).
      let mask = UInt16(truncatingIfNeeded: (1 << header.bitDepth) - 1)
      transparentKey = stride(from: 0, to: bytes.count, by: 2).map { index in
        (UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])) & mask
      }
    }
  }

  /// Refuses a header that promises more pixels than the compressed bytes can hold.
  private func requireEnoughData(limits: Limits) throws(MRDLError) {
    let storedByteCount = file.dataParts.reduce(0) { $0 + $1.count }
    let bound = storedByteCount.multipliedChecked(by: limits.inflationRatio) ?? .max
    guard let byteCount = file.header.scanlineByteCount, byteCount <= bound else {
      throw MRDLError(
        .badImage, "the data of a PNG is too short for its pixels",
        found: "\(storedByteCount) bytes",
        expected: "enough for \(file.header.width) × \(file.header.height) pixels",
        at: Place(path: "IDAT"))
    }
  }

  private func image<Sample: ImageSample>(of type: Sample.Type) throws(MRDLError) -> Image {
    let header = file.header
    var samples = Tensor(
      zeros: Shape([header.height, header.width, colorSpace.channelCount]),
      scalarType: Sample.scalarType)
    try samples.withMutableElements(as: Sample.self) { (buffer) throws(MRDLError) in
      var output = buffer.mutableSpan
      var inflater = Inflater(storage, parts: file.dataParts, format: .zlib)
      for pass in header.passes { try decode(pass, from: &inflater, into: &output) }
      do throws(MRDLError) {
        try inflater.finish()
      } catch {
        throw damage(error)
      }
    }
    return Image(samples: samples, colorSpace: colorSpace)
  }

  private func decode<Sample: ImageSample>(
    _ pass: PNGPass, from inflater: inout Inflater, into output: inout MutableSpan<Sample>
  ) throws(MRDLError) {
    let header = file.header
    var row = [UInt8](repeating: 0, count: 1 + header.rowByteCount(width: pass.width))
    var above = row
    for rowIndex in 0..<pass.height {
      try read(&row, from: &inflater)
      guard let filter = PNGFilter(rawValue: row[0]) else {
        throw MRDLError(
          .badImage, "a row of a PNG has an unknown filter type", found: "\(row[0])",
          expected: "0 to 4", at: Place(path: "IDAT"))
      }
      filter.undo(&row, above: above, distance: header.filterDistance)
      let line = (pass.firstRow + rowIndex * pass.rowStep) * header.width
      let target = PixelRun(
        first: (line + pass.firstColumn) * colorSpace.channelCount,
        step: pass.columnStep * colorSpace.channelCount, count: pass.width)
      try expand(row, into: &output, target)
      swap(&row, &above)
    }
  }

  private func read(_ row: inout [UInt8], from inflater: inout Inflater) throws(MRDLError) {
    let count: Int
    do throws(MRDLError) {
      count = try row.withMutableRawBytes { (bytes) throws(MRDLError) in
        try inflater.read(into: bytes)
      }
    } catch {
      throw damage(error)
    }
    guard count == row.count else {
      throw MRDLError(
        .badImage, "the data of a PNG ends before its pixels do",
        found: "\(inflater.inflatedByteCount) bytes",
        expected: "\(file.header.scanlineByteCount ?? 0)", at: Place(path: "IDAT"))
    }
  }

  private func damage(_ error: MRDLError) -> MRDLError {
    MRDLError(
      .badImage, "the data of a PNG is damaged", at: Place(path: "IDAT"), cause: error)
  }
}

/// Where the pixels of a row go in the samples of a picture.
private struct PixelRun {
  /// The first sample of the first pixel.
  let first: Int
  /// Samples from one pixel to the next.
  let step: Int
  /// Pixels.
  let count: Int
}

// MARK: From the bytes of a row to samples

extension PNGDecoder {
  private func expand<Sample: ImageSample>(
    _ row: [UInt8], into output: inout MutableSpan<Sample>, _ target: PixelRun
  ) throws(MRDLError) {
    switch (file.header.colorType, file.header.bitDepth) {
    case (.indexed, _): try expandIndices(row, into: &output, target)
    case (_, ..<8): expandPacked(row, into: &output, target)
    case (_, 8): expandBytes(row, into: &output, target)
    default: expandWords(row, into: &output, target)
    }
  }

  /// The sample of a row of packed samples of 1, 2, 4 or 8 bits; the first one has the highest bits.
  @inline(__always)
  private func packedSample(_ row: [UInt8], _ index: Int) -> UInt8 {
    let depth = file.header.bitDepth
    let bit = index * depth
    let mask = UInt8(truncatingIfNeeded: (1 << depth) - 1)
    return (row[1 + (bit >> 3)] >> UInt8(truncatingIfNeeded: 8 - depth - (bit & 7))) & mask
  }

  private func expandIndices<Sample: ImageSample>(
    _ row: [UInt8], into output: inout MutableSpan<Sample>, _ target: PixelRun
  ) throws(MRDLError) {
    var position = target.first
    for column in 0..<target.count {
      let index = Int(packedSample(row, column))
      guard index < colors.count else {
        throw MRDLError(
          .badImage, "a pixel of a PNG names a colour outside the palette", found: "\(index)",
          expected: "0 to \(colors.count - 1)", at: Place(path: "IDAT"))
      }
      let color = colors[index]
      output[position] = Sample(color.x)
      output[position + 1] = Sample(color.y)
      output[position + 2] = Sample(color.z)
      if colorSpace.hasAlpha { output[position + 3] = Sample(color.w) }
      position += target.step
    }
  }

  private func expandPacked<Sample: ImageSample>(
    _ row: [UInt8], into output: inout MutableSpan<Sample>, _ target: PixelRun
  ) {
    // 1, 2 and 4 bits: 255 is a multiple of the largest value.
    let scale = 255 / UInt8(truncatingIfNeeded: (1 << file.header.bitDepth) - 1)
    let key = transparentKey.first
    var position = target.first
    for column in 0..<target.count {
      let value = packedSample(row, column)
      output[position] = Sample(value &* scale)
      if let key { output[position + 1] = UInt16(value) == key ? 0 : 255 }
      position += target.step
    }
  }

  private func expandBytes<Sample: ImageSample>(
    _ row: [UInt8], into output: inout MutableSpan<Sample>, _ target: PixelRun
  ) {
    let channelCount = file.header.colorType.channelCount
    if transparentKey.isEmpty && target.step == channelCount {
      for index in 0..<(target.count * channelCount) {
        output[target.first + index] = Sample(row[1 + index])
      }
      return
    }
    var position = target.first
    var source = 1
    for _ in 0..<target.count {
      var isKey = true
      for channel in 0..<channelCount {
        let value = row[source + channel]
        output[position + channel] = Sample(value)
        if !transparentKey.isEmpty && UInt16(value) != transparentKey[channel] { isKey = false }
      }
      if !transparentKey.isEmpty { output[position + channelCount] = isKey ? 0 : 255 }
      position += target.step
      source += channelCount
    }
  }

  private func expandWords<Sample: ImageSample>(
    _ row: [UInt8], into output: inout MutableSpan<Sample>, _ target: PixelRun
  ) {
    let channelCount = file.header.colorType.channelCount
    var position = target.first
    var source = 1
    for _ in 0..<target.count {
      var isKey = true
      for channel in 0..<channelCount {
        let value = UInt16(row[source]) << 8 | UInt16(row[source + 1])
        output[position + channel] = Sample(truncatingIfNeeded: value)
        if !transparentKey.isEmpty && value != transparentKey[channel] { isKey = false }
        source += 2
      }
      if !transparentKey.isEmpty { output[position + channelCount] = isKey ? 0 : .max }
      position += target.step
    }
  }
}
