import MRDLCore

/// Inflates a stream that lies in one or more parts of a storage, piece by piece.
///
/// The caller reads as many bytes as it has room for, so that nothing grows with what the stream
/// claims. Members of a gzip stream follow each other as one.
package struct Inflater: ~Copyable {
  /// Bytes inflated so far.
  package private(set) var inflatedByteCount = 0

  private let format: CompressionFormat
  private let storage: Storage
  private let parts: [Range<Int>]
  private var stream: InflateStream
  private var partIndex = 0
  private var byteOffset: Int

  /// An inflater of the bytes in `parts` of `storage`, taken as one stream.
  ///
  /// - Precondition: every part lies inside the storage.
  package init(_ storage: Storage, parts: [Range<Int>], format: CompressionFormat) {
    precondition(
      parts.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= storage.byteCount },
      "a part lies outside its storage")
    self.storage = storage
    self.parts = parts
    self.format = format
    stream = InflateStream(format)
    byteOffset = parts.first?.lowerBound ?? 0
  }

  /// Fills `output`; fewer bytes come only at the end of the stream.
  ///
  /// - Returns: the number of bytes written.
  /// - Throws: `MRDL2501` where the data is damaged or ends early.
  package mutating func read(
    into output: UnsafeMutableRawBufferPointer
  ) throws(MRDLError) -> Int {
    var produced = 0
    while produced < output.count {
      if stream.isAtEnd {
        guard try beginNextMember() else { break }
      }
      produced += try step(UnsafeMutableRawBufferPointer(rebasing: output[produced...]))
    }
    inflatedByteCount += produced
    return produced
  }

  /// The next byte, or nil at the end of the stream.
  ///
  /// - Throws: `MRDL2501` where the data is damaged or ends early.
  package mutating func readByte() throws(MRDLError) -> UInt8? {
    var byte: UInt8 = 0
    let count = try withUnsafeMutableBytes(of: &byte) { (room) throws(MRDLError) in
      try read(into: room)
    }
    return count == 0 ? nil : byte
  }

  /// Checks that the stream ends here, with a right checksum and nothing after it.
  ///
  /// - Throws: `MRDL2501` where it does not.
  package mutating func finish() throws(MRDLError) {
    let byteCount = inflatedByteCount
    guard try readByte() == nil else {
      throw MRDLError(
        .badCompressedData, "the compressed data goes on after its stated size",
        found: "more than \(byteCount) bytes", expected: "\(byteCount)", at: place)
    }
  }

  /// The place of the next input byte.
  private var place: Place { Place(byteOffset: UInt64(byteOffset)) }

  private mutating func step(
    _ output: UnsafeMutableRawBufferPointer
  ) throws(MRDLError) -> Int {
    skipEmptyParts()
    let end = partIndex < parts.count ? parts[partIndex].upperBound : byteOffset
    let progress = try storage.withUnsafeBytes { (bytes) throws(MRDLError) in
      try stream.step(
        UnsafeRawBufferPointer(rebasing: bytes[byteOffset..<end]), into: output, place: place)
    }
    byteOffset += progress.consumed
    if progress.consumed == 0 && progress.produced == 0 && !stream.isAtEnd {
      throw MRDLError(.badCompressedData, "the compressed data ends early", at: place)
    }
    return progress.produced
  }

  private mutating func skipEmptyParts() {
    while partIndex < parts.count, byteOffset == parts[partIndex].upperBound {
      partIndex += 1
      if partIndex < parts.count { byteOffset = parts[partIndex].lowerBound }
    }
  }

  /// Whether another gzip member follows; zeros after the last one are padding.
  ///
  /// - Throws: `MRDL2501` for anything else after the end of the stream.
  private mutating func beginNextMember() throws(MRDLError) -> Bool {
    skipEmptyParts()
    guard partIndex < parts.count else { return false }
    if format == .gzip {
      guard restAreZeros else {
        stream.reset()
        return true
      }
      partIndex = parts.count
      return false
    }
    throw MRDLError(
      .badCompressedData, "bytes follow the end of the compressed data", at: place)
  }

  private var restAreZeros: Bool {
    storage.withUnsafeBytes { bytes in
      var start = byteOffset
      for part in parts[partIndex...] {
        for index in max(start, part.lowerBound)..<part.upperBound where bytes[index] != 0 {
          return false
        }
        start = 0
      }
      return true
    }
  }
}
