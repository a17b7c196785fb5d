import MRDLCompression
import MRDLCore

/// Writes PNG with 8 or 16 bits a sample, not interlaced.
///
/// Every row takes the filter whose bytes, read as signed numbers, have the smallest sum of magnitudes,
/// the heuristic that the specification names (12.7). The bytes depend on the picture, the level and
/// zlib's release only.
package enum PNGEncoder {
  private static let dataPartByteCount = 1 << 20

  /// The bytes of a PNG.
  ///
  /// - Parameter level: the effort of deflate, 0 to 9.
  /// - Precondition: the picture has pixels, and no side passes 2³¹ − 1.
  /// - Complexity: O(n) in the samples.
  package static func bytes(of image: Image, level: Int = 6) -> [UInt8] {
    precondition(image.width > 0 && image.height > 0, "a PNG cannot be without pixels")
    precondition(
      image.width <= Int(Int32.max) && image.height <= Int(Int32.max),
      "a PNG cannot have \(image.width) × \(image.height) pixels")
    let colorType: PNGHeader.ColorType =
      switch image.colorSpace {
      case .grey: .grey
      case .greyAlpha: .greyAlpha
      case .rgb: .rgb
      case .rgba: .rgba
      }
    var header = ByteWriter()
    header.appendBigEndian(UInt32(image.width))
    header.appendBigEndian(UInt32(image.height))
    header.append(UInt8(image.bitsPerSample))
    header.append(colorType.rawValue)
    header.append(contentsOf: [0, 0, 0])
    let compressed = Deflate.bytes(from: filteredRows(of: image), format: .zlib, level: level)

    var writer = ByteWriter()
    writer.append(contentsOf: PNGFile.signature)
    appendChunk("IHDR", header.bytes[...], to: &writer)
    for start in stride(from: 0, to: compressed.count, by: dataPartByteCount) {
      let end = min(start + dataPartByteCount, compressed.count)
      appendChunk("IDAT", compressed[start..<end], to: &writer)
    }
    appendChunk("IEND", [], to: &writer)
    return writer.bytes
  }

  /// Writes a PNG; the file appears whole or not at all.
  package static func write(
    _ image: Image, to path: String, replacing: Bool = true
  ) throws(MRDLError) {
    var file = try AtomicFile(path: path, replacing: replacing)
    try file.write(bytes(of: image))
    try file.commit()
  }

  private static func appendChunk(
    _ type: String, _ data: ArraySlice<UInt8>, to writer: inout ByteWriter
  ) {
    writer.appendBigEndian(UInt32(data.count))
    let checked = Array(type.utf8) + data
    writer.append(contentsOf: checked)
    writer.appendBigEndian(checked.withUnsafeBytes { Checksum.crc32($0) })
  }

  private static func filteredRows(of image: Image) -> [UInt8] {
    let sampleByteCount = image.bitsPerSample / 8
    let distance = image.channelCount * sampleByteCount
    let rowByteCount = image.width * distance
    var result: [UInt8] = []
    result.reserveCapacity((1 + rowByteCount) * image.height)
    var row = [UInt8](repeating: 0, count: 1 + rowByteCount)
    var above = row
    for index in 0..<image.height {
      load(&row, of: image, row: index)
      var best = PNGFilter.none.applied(to: row, above: above, distance: distance)
      var bestCost = cost(best)
      for filter in PNGFilter.allCases.dropFirst() {
        let candidate = filter.applied(to: row, above: above, distance: distance)
        let candidateCost = cost(candidate)
        if candidateCost < bestCost { (best, bestCost) = (candidate, candidateCost) }
      }
      result.append(contentsOf: best)
      swap(&row, &above)
    }
    return result
  }

  /// Copies a row as big-endian bytes behind the place of the filter type.
  private static func load(_ target: inout [UInt8], of image: Image, row: Int) {
    let sampleCount = image.width * image.channelCount
    let first = row * sampleCount
    if image.bitsPerSample == 8 {
      let source: Span<UInt8> = image.samples.span()
      for index in 0..<sampleCount { target[1 + index] = source[first + index] }
    } else {
      let source: Span<UInt16> = image.samples.span()
      for index in 0..<sampleCount {
        target[1 + 2 * index] = UInt8(truncatingIfNeeded: source[first + index] >> 8)
        target[2 + 2 * index] = UInt8(truncatingIfNeeded: source[first + index])
      }
    }
  }

  private static func cost(_ row: [UInt8]) -> Int {
    var sum = 0
    for index in 1..<row.count { sum += Int(Int8(bitPattern: row[index]).magnitude) }
    return sum
  }
}
