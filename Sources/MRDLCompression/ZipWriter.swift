import MRDLCore

/// Writes a zip archive (APPNOTE 6.3.10) of stored entries, with zip64 where sizes ask for it.
///
/// The content of every entry begins at a multiple of 64 bytes, so that tensors in it can be mapped. The
/// same entries give the same bytes: times are those of 1980.
package struct ZipWriter: ~Copyable {
  private struct Record {
    let name: [UInt8]
    let checksum: UInt32
    let byteCount: UInt64
    let headerByteOffset: UInt64
  }

  /// The identifier of the extra field that aligns contents; no reader knows it.
  private static let paddingIdentifier: UInt16 = 0x4D52
  private static let zip64Identifier: UInt16 = 1
  /// Names are UTF-8.
  private static let flags: UInt16 = 0x0800
  /// The first of January 1980.
  private static let date: UInt16 = 0x0021

  private var file: AtomicFile
  private var records: [Record] = []

  /// Creates the file.
  ///
  /// - Throws: `MRDL9003`, `MRDL9006` where it cannot be created.
  package init(path: String, replacing: Bool) throws(MRDLError) {
    file = try AtomicFile(path: path, replacing: replacing)
  }

  /// Adds an entry whose content is some bytes.
  package mutating func append(_ name: String, _ content: [UInt8]) throws(MRDLError) {
    try content.withRawBytes { (bytes) throws(MRDLError) in try append(name, [], bytes) }
  }

  /// Adds an entry whose content is a head and what follows it.
  ///
  /// - Parameter name: a relative path with `/` between its parts.
  /// - Throws: `MRDL9005` where it cannot be written.
  package mutating func append(
    _ name: String, _ head: [UInt8], _ body: UnsafeRawBufferPointer
  ) throws(MRDLError) {
    let start = head.withUnsafeBytes { Checksum.crc32($0) }
    let record = Record(
      name: Array(name.utf8), checksum: Checksum.crc32(body, after: start),
      byteCount: UInt64(head.count + body.count), headerByteOffset: UInt64(file.byteCount))
    precondition(record.name.count <= Int(UInt16.max), "the name of an entry is too long")
    try file.write(Self.localHeader(record))
    try file.write(head)
    try file.write(body)
    records.append(record)
  }

  /// Writes the directory and gives the file its name.
  package consuming func commit() throws(MRDLError) {
    let start = UInt64(file.byteCount)
    for record in records { try file.write(Self.directoryRecord(record)) }
    let byteCount = UInt64(file.byteCount) - start
    try file.write(Self.end(recordCount: records.count, byteOffset: start, byteCount: byteCount))
    try file.commit()
  }

  private static func isLarge(_ number: UInt64) -> Bool { number >= UInt64(UInt32.max) }

  /// The number, or the mark that it stands in the zip64 field.
  private static func narrow(_ number: UInt64) -> UInt32 { UInt32(clamping: number) }

  /// The local file header (4.3.7) with an extra field that ends where the content is aligned.
  private static func localHeader(_ record: Record) -> [UInt8] {
    var extra = ByteWriter()
    if isLarge(record.byteCount) {
      extra.append(zip64Identifier)
      extra.append(UInt16(16))
      extra.append(record.byteCount)
      extra.append(record.byteCount)
    }
    let unpadded = Int(record.headerByteOffset) + 30 + record.name.count + extra.bytes.count + 4
    let padding = (Storage.alignment - unpadded % Storage.alignment) % Storage.alignment
    extra.append(paddingIdentifier)
    extra.append(UInt16(padding))
    extra.append(contentsOf: [UInt8](repeating: 0, count: padding))

    var writer = ByteWriter()
    writer.append(ZipEntry.localSignature)
    appendCommon(record, to: &writer)
    writer.append(UInt16(extra.bytes.count))
    writer.append(contentsOf: record.name)
    writer.append(contentsOf: extra.bytes)
    return writer.bytes
  }

  /// A record of the central directory (4.3.12).
  private static func directoryRecord(_ record: Record) -> [UInt8] {
    var extra = ByteWriter()
    let isLong = isLarge(record.byteCount)
    let isFar = isLarge(record.headerByteOffset)
    if isLong || isFar {
      extra.append(zip64Identifier)
      extra.append(UInt16((isLong ? 16 : 0) + (isFar ? 8 : 0)))
      if isLong {
        extra.append(record.byteCount)
        extra.append(record.byteCount)
      }
      if isFar { extra.append(record.headerByteOffset) }
    }
    var writer = ByteWriter()
    writer.append(ZipEntry.centralSignature)
    writer.append(UInt16(45))
    appendCommon(record, to: &writer)
    writer.append(UInt16(extra.bytes.count))
    // No comment, the first disk, no attributes but those of a readable file.
    writer.append(contentsOf: [UInt8](repeating: 0, count: 6))
    writer.append(UInt32(0o100644) << 16)
    writer.append(narrow(record.headerByteOffset))
    writer.append(contentsOf: record.name)
    writer.append(contentsOf: extra.bytes)
    return writer.bytes
  }

  /// What both records of an entry have in common, from the version to the length of the name.
  private static func appendCommon(_ record: Record, to writer: inout ByteWriter) {
    writer.append(UInt16(isLarge(record.byteCount) ? 45 : 20))
    writer.append(flags)
    writer.append(ZipEntry.Method.stored.rawValue)
    writer.append(UInt16(0))
    writer.append(date)
    writer.append(record.checksum)
    writer.append(narrow(record.byteCount))
    writer.append(narrow(record.byteCount))
    writer.append(UInt16(record.name.count))
  }

  /// The end of the archive (4.3.14 to 4.3.16).
  private static func end(
    recordCount: Int, byteOffset: UInt64, byteCount: UInt64
  ) -> [UInt8] {
    var writer = ByteWriter()
    if isLarge(byteOffset) || isLarge(byteCount) || recordCount >= Int(UInt16.max) {
      writer.append(UInt32(0x0606_4B50))
      writer.append(UInt64(44))
      writer.append(UInt16(45))
      writer.append(UInt16(45))
      writer.append(UInt32(0))
      writer.append(UInt32(0))
      writer.append(UInt64(recordCount))
      writer.append(UInt64(recordCount))
      writer.append(byteCount)
      writer.append(byteOffset)
      writer.append(UInt32(0x0706_4B50))
      writer.append(UInt32(0))
      writer.append(byteOffset + byteCount)
      writer.append(UInt32(1))
    }
    writer.append(UInt32(0x0605_4B50))
    writer.append(UInt32(0))
    writer.append(UInt16(clamping: recordCount))
    writer.append(UInt16(clamping: recordCount))
    writer.append(narrow(byteCount))
    writer.append(narrow(byteOffset))
    writer.append(UInt16(0))
    return writer.bytes
  }
}
