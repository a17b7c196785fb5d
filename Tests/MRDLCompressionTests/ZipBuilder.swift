import MRDLCompression
import MRDLCore

/// Writes zip archives for tests, with any field wrong on demand.
struct ZipBuilder {
  struct Entry {
    var name: [UInt8]
    var content: [UInt8]
    var method: UInt16 = 0
    var flags: UInt16 = 0
    var checksum: UInt32?
    /// The size that the headers state, where it is not that of the content.
    var byteCount: UInt32?
    var compressedByteCount: UInt32?
    /// Where the central directory says that the entry begins, where that is not true.
    var headerByteOffset: UInt32?
    var usesZip64 = false

    init(_ name: String, _ content: [UInt8] = [1, 2, 3]) {
      self.name = Array(name.utf8)
      self.content = content
    }
  }

  var entries: [Entry]
  var comment: [UInt8] = []
  var usesZip64End = false
  var entryCount: Int?
  var disk: UInt16 = 0

  func archive() -> [UInt8] {
    var file = ByteWriter()
    var directory = ByteWriter()
    for entry in entries {
      let data =
        entry.method == 8 ? Deflate.bytes(from: entry.content, format: .deflate) : entry.content
      let offset = file.bytes.count
      let checksum = entry.checksum ?? entry.content.withUnsafeBytes { Checksum.crc32($0) }
      let sizes = [
        entry.usesZip64 ? .max : entry.compressedByteCount ?? UInt32(data.count),
        entry.usesZip64 ? .max : entry.byteCount ?? UInt32(entry.content.count),
      ]
      func append(to writer: inout ByteWriter) {
        writer.append(entry.flags)
        writer.append(entry.method)
        writer.append(UInt32(0))
        writer.append(checksum)
        for size in sizes { writer.append(size) }
        writer.append(UInt16(entry.name.count))
      }
      file.append(UInt32(0x0403_4B50))
      file.append(UInt16(20))
      append(to: &file)
      file.append(UInt16(4))
      file.append(contentsOf: entry.name)
      // An extra field of a kind that nobody knows.
      file.append(UInt16(0x7777))
      file.append(UInt16(0))
      file.append(contentsOf: data)

      directory.append(UInt32(0x0201_4B50))
      directory.append(UInt32(20 << 16 | 20))
      append(to: &directory)
      directory.append(UInt16(entry.usesZip64 ? 32 : 0))
      directory.append(UInt16(0))
      directory.append(disk)
      directory.append(UInt16(0))
      directory.append(UInt32(0))
      directory.append(entry.usesZip64 ? .max : entry.headerByteOffset ?? UInt32(offset))
      directory.append(contentsOf: entry.name)
      if entry.usesZip64 {
        directory.append(UInt16(0x7777))
        directory.append(UInt16(0))
        directory.append(UInt16(1))
        directory.append(UInt16(24))
        directory.append(UInt64(entry.content.count))
        directory.append(UInt64(data.count))
        directory.append(UInt64(offset))
      }
    }
    let start = file.bytes.count
    let count = entryCount ?? entries.count
    file.append(contentsOf: directory.bytes)
    if usesZip64End {
      let end = file.bytes.count
      file.append(UInt32(0x0606_4B50))
      file.append(UInt64(44))
      file.append(UInt32(45 << 16 | 45))
      file.append(UInt32(0))
      file.append(UInt32(0))
      file.append(UInt64(count))
      file.append(UInt64(count))
      file.append(UInt64(directory.bytes.count))
      file.append(UInt64(start))
      file.append(UInt32(0x0706_4B50))
      file.append(UInt32(0))
      file.append(UInt64(end))
      file.append(UInt32(1))
    }
    file.append(UInt32(0x0605_4B50))
    file.append(UInt16(disk))
    file.append(UInt16(disk))
    for _ in 0..<2 { file.append(usesZip64End ? .max : UInt16(count)) }
    file.append(usesZip64End ? .max : UInt32(directory.bytes.count))
    file.append(usesZip64End ? .max : UInt32(start))
    file.append(UInt16(comment.count))
    file.append(contentsOf: comment)
    return file.bytes
  }
}
