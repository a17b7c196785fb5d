import MRDLCore

/// A zip archive (APPNOTE 6.3.10) read by its central directory: stored and deflated entries, with or
/// without zip64.
///
/// Encryption, several disks and other methods are refused by name. Names that could leave a
/// directory, names that come twice and entries that overlap are refused as damage.
package struct ZipArchive: Sendable {
  /// The entries that are not directories, in the order of the central directory.
  package let entries: [ZipEntry]

  private let storage: Storage
  private let limits: Limits

  /// Reads the central directory.
  ///
  /// - Throws: `MRDL2501` for a damaged archive, `MRDL1102` past a limit.
  /// - Complexity: O(n log n) in the entries; the content of the entries is not touched.
  package init(_ storage: Storage, limits: Limits = .standard) throws(MRDLError) {
    let directory = try ZipDirectory.locate(in: storage)
    guard directory.entryCount <= UInt64(limits.tensorCount) else {
      throw MRDLError(
        .limitExceeded, "a zip archive has too many entries", found: "\(directory.entryCount)",
        expected: "at most \(limits.tensorCount)")
    }
    var reader = try ByteReader(storage, truncationCode: .badCompressedData).slice(
      byteOffset: directory.byteOffset, byteCount: directory.byteCount)
    var entries: [ZipEntry] = []
    var names: Set<String> = []
    for _ in 0..<directory.entryCount {
      let entry = try ZipEntry(from: &reader, limits: limits)
      guard names.insert(entry.name).inserted else {
        throw MRDLError(
          .badCompressedData, "a zip archive has two entries of one name", at: Place(entry.name))
      }
      entries.append(entry)
    }
    guard reader.isAtEnd else {
      throw MRDLError(
        .badCompressedData, "the central directory holds more than its entries",
        found: "\(reader.remainingByteCount) bytes more", at: reader.place())
    }
    for index in entries.indices {
      try entries[index].locate(in: storage, before: directory.byteOffset)
    }
    try Self.refuseOverlaps(entries)
    self.entries = entries.filter { !$0.isDirectory }
    self.storage = storage
    self.limits = limits
  }

  /// The entry of a name.
  package func entry(named name: String) -> ZipEntry? { entries.first { $0.name == name } }

  /// The content of an entry, with its length and CRC-32 checked.
  ///
  /// A stored entry is a part of the archive's own storage and costs no copy.
  ///
  /// - Throws: `MRDL2501`, `MRDL2502`.
  package func content(of entry: ZipEntry) throws(MRDLError) -> ByteReader {
    let part = try ByteReader(storage, truncationCode: .badCompressedData).slice(
      byteOffset: entry.dataByteOffset, byteCount: entry.compressedByteCount)
    let place = Place(path: entry.name, byteOffset: UInt64(entry.dataByteOffset))
    let content: ByteReader
    switch entry.method {
    case .stored: content = part
    case .deflated:
      let inflated = try part.withUnsafeRemainingBytes { (bytes) throws(MRDLError) in
        try Inflate.storage(
          from: bytes, format: .deflate, size: .exactly(entry.byteCount), limits: limits,
          place: place)
      }
      content = ByteReader(inflated, truncationCode: .badCompressedData)
    }
    let checksum = content.withUnsafeRemainingBytes { Checksum.crc32($0) }
    guard checksum == entry.checksum else {
      throw MRDLError(
        .badCompressedData, "an entry of a zip archive has a wrong checksum",
        found: String(checksum, radix: 16), expected: String(entry.checksum, radix: 16), at: place)
    }
    return content
  }

  /// Overlapping entries would let a small archive inflate without bound.
  private static func refuseOverlaps(_ entries: [ZipEntry]) throws(MRDLError) {
    let ordered = entries.sorted { $0.headerByteOffset < $1.headerByteOffset }
    for (entry, next) in zip(ordered, ordered.dropFirst())
    where entry.dataByteOffset + entry.compressedByteCount > next.headerByteOffset {
      throw MRDLError(
        .badCompressedData, "two entries of a zip archive overlap",
        at: Place(path: next.name, byteOffset: UInt64(next.headerByteOffset)))
    }
  }
}
