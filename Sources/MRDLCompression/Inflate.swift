import MRDLCore

/// Inflating in one call.
///
/// Errors are `MRDL2501` for data that is damaged, ends early or has bytes after its end, and `MRDL2502` for
/// data that passes the permitted size. Their byte offset counts from that of `place`.
package enum Inflate {
  /// Inflates into memory of its own.
  ///
  /// Memory grows with what was inflated, never with what a header claims; an exact size is believed
  /// only as far as `Limits.inflationRatio` allows.
  ///
  /// - Complexity: O(n) in the inflated bytes; no copy where the size is exact or stated by a gzip trailer.
  package static func storage(
    from bytes: UnsafeRawBufferPointer, format: CompressionFormat,
    size: InflatedSize = .atMost(.max), limits: Limits = .standard, place: Place = .unknown
  ) throws(MRDLError) -> Storage {
    let bound = try size.bound(
      compressedByteCount: bytes.count, limits: limits, place: place)
    var inflater = Inflater(borrowed(bytes), parts: [0..<bytes.count], format: format)
    do {
      if case .exactly = size {
        let result = Storage(byteCount: bound)
        try fill(result.mutableBytes, from: &inflater)
        return result
      }
      return try growing(
        &inflater, firstByteCount: min(bound, guess(bytes, format)), bound: bound)
    } catch {
      throw error.moved(to: place)
    }
  }

  /// Inflates a stream of exactly as many bytes as `output` has into it.
  package static func fill(
    _ output: UnsafeMutableRawBufferPointer, from bytes: UnsafeRawBufferPointer,
    format: CompressionFormat, place: Place = .unknown
  ) throws(MRDLError) {
    var inflater = Inflater(borrowed(bytes), parts: [0..<bytes.count], format: format)
    do {
      try fill(output, from: &inflater)
    } catch {
      throw error.moved(to: place)
    }
  }

  private static func fill(
    _ output: UnsafeMutableRawBufferPointer, from inflater: inout Inflater
  ) throws(MRDLError) {
    let count = try inflater.read(into: output)
    guard count == output.count else {
      throw MRDLError(
        .badCompressedData, "the inflated data is shorter than stated", found: "\(count) bytes",
        expected: "\(output.count)")
    }
    try inflater.finish()
  }

  private static func growing(
    _ inflater: inout Inflater, firstByteCount: Int, bound: Int
  ) throws(MRDLError) -> Storage {
    var result = Storage(byteCount: firstByteCount)
    var count = 0
    while true {
      let room = UnsafeMutableRawBufferPointer(rebasing: result.mutableBytes[count...])
      count += try inflater.read(into: room)
      guard count == result.byteCount, let next = try inflater.readByte() else { break }
      guard count < bound else {
        throw MRDLError(
          .inflatedTooFar, "the compressed data inflates past the permitted size",
          found: "more than \(bound) bytes", expected: "at most \(bound)")
      }
      let doubled = max(count, 1 << 12).multipliedChecked(by: 2) ?? .max
      let larger = Storage(byteCount: min(bound, doubled))
      larger.mutableBytes.copyMemory(from: UnsafeRawBufferPointer(result.mutableBytes))
      larger.mutableBytes[count] = next
      count += 1
      result = larger
    }
    if count == result.byteCount { return result }
    return Storage(copying: UnsafeRawBufferPointer(rebasing: result.mutableBytes[..<count]))
  }

  /// A first size for the output: a gzip trailer states it, other formats do not.
  private static func guess(_ bytes: UnsafeRawBufferPointer, _ format: CompressionFormat) -> Int {
    guard format == .gzip, bytes.count >= 4 else {
      return bytes.count.multipliedChecked(by: 4) ?? bytes.count
    }
    let stated = bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self)
    return Int(UInt32(littleEndian: stated))
  }

  /// The bytes of a caller, valid during its call, as a storage that does not own them.
  private static func borrowed(_ bytes: UnsafeRawBufferPointer) -> Storage {
    guard let base = bytes.baseAddress else { return Storage(byteCount: 0) }
    return Storage(
      mapping: UnsafeMutableRawPointer(mutating: base), byteCount: bytes.count,
      release: { _, _ in })
  }
}

extension Storage {
  /// All bytes for writing, while one owner holds the only reference.
  fileprivate var mutableBytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: base, count: byteCount)
  }
}

extension MRDLError {
  /// The same error with its byte offset counted from that of `place`.
  fileprivate func moved(to place: Place) -> MRDLError {
    var moved = self
    moved.finding.place = place
    if let byteOffset = self.place.byteOffset {
      moved.finding.place.byteOffset = (place.byteOffset ?? 0) + byteOffset
    }
    return moved
  }
}
