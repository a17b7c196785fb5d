import MRDLCompression
import MRDLCore
import MRDLHDF5

extension Mutator {
  /// A change inside one entry of a zip archive; checksums and lengths follow.
  mutating func mutatedArchive(_ bytes: [UInt8]) -> [UInt8]? {
    guard let archive = try? ZipArchive(Storage(bytes)), !archive.entries.isEmpty else {
      return nil
    }
    let chosen = below(archive.entries.count)
    var entries: [(name: String, content: [UInt8])] = []
    for (index, entry) in archive.entries.enumerated() {
      guard let reader = try? archive.content(of: entry) else { return nil }
      var content = reader.withUnsafeRemainingBytes { Array($0) }
      if index == chosen {
        content = mutated(content, as: Sample.Kind(name: entry.name) ?? .pickle)
      }
      entries.append((entry.name, content))
    }
    return Self.archive(entries)
  }

  /// A zip archive of stored entries (APPNOTE 6.3.10, 4.3).
  private static func archive(_ entries: [(name: String, content: [UInt8])]) -> [UInt8] {
    var file = ByteWriter()
    var directory = ByteWriter()
    for (name, content) in entries {
      let start = UInt32(file.bytes.count)
      var common = ByteWriter()
      // Version, no flags, stored, the first of January 1980.
      for word: UInt16 in [20, 0, 0, 0, 0x21] { common.append(word) }
      common.append(content.withUnsafeBytes { Checksum.crc32($0) })
      common.append(UInt32(content.count))
      common.append(UInt32(content.count))
      common.append(UInt16(name.utf8.count))
      common.append(UInt16(0))
      file.append(UInt32(0x0403_4B50))
      file.append(contentsOf: common.bytes + Array(name.utf8) + content)
      directory.append(UInt32(0x0201_4B50))
      directory.append(UInt16(20))
      directory.append(contentsOf: common.bytes)
      directory.append(contentsOf: [UInt8](repeating: 0, count: 10))
      directory.append(start)
      directory.append(contentsOf: name.utf8)
    }
    let start = UInt32(file.bytes.count)
    file.append(contentsOf: directory.bytes)
    file.append(UInt32(0x0605_4B50))
    file.append(UInt32(0))
    file.append(UInt16(entries.count))
    file.append(UInt16(entries.count))
    file.append(UInt32(directory.bytes.count))
    file.append(start)
    file.append(UInt16(0))
    return file.bytes
  }

  /// A change of the bytes of an HDF5 file, mostly of its metadata, with the checksum of a structure that
  /// was changed put right.
  mutating func mutatedHDF5(_ bytes: [UInt8]) -> [UInt8]? {
    var result = bytes
    // Metadata stands near signatures, and in the first kilobytes of a small file.
    let signatures: [[UInt8]] = [
      "OHDR", "OCHK", "TREE", "SNOD", "HEAP", "GCOL", "FRHP", "FHIB", "FHDB", "BTHD", "BTIN",
      "BTLF",
      "FAHD", "FADB", "EAHD", "EAIB", "EASB", "EADB",
    ].map { Array($0.utf8) }
    let places = bytes.indices.dropLast(4).filter { place in
      bytes[place] >= 0x42 && signatures.contains { bytes[place..<(place + 4)].elementsEqual($0) }
    }
    guard let start = once(in: 4) ? 0 : pick(Array(places)) else { return nil }
    let end = Self.checksumPlace(bytes, from: start)
    let count = min((end ?? start + 512) - start, bytes.count - start)
    guard count > 0 else { return nil }
    let place = start + below(count)
    if once(in: 3) {
      result[place] ^= 1 << UInt8(below(8))
    } else {
      write(borderNumber(), width: 1 << below(4), at: place, in: &result)
    }
    if let end {
      let checksum = result[start..<end].withUnsafeBytes { HDF5Checksum.lookup3($0) }
      for index in 0..<4 {
        result[end + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index))
      }
    }
    return result
  }

  /// Where the checksum of the structure at a place stands, for structures of up to a kilobyte.
  private static func checksumPlace(_ bytes: [UInt8], from start: Int) -> Int? {
    bytes.withUnsafeBytes { bytes in
      (start + 8..<max(min(start + 1024, bytes.count - 4), start + 8)).first { end in
        bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self)
          == HDF5Checksum.lookup3(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      }
    }
  }

  /// A change of the header of a `.mrdl` file, of the same length, with its digests put right.
  mutating func mutatedModel(_ bytes: [UInt8]) -> [UInt8]? {
    func field(_ place: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
    }
    guard bytes.count > 128 else { return nil }
    let (start, count) = (field(24), field(28))
    let (table, tensorCount) = (field(32), field(36))
    guard start >= 128, start + count <= bytes.count, table + 32 * tensorCount <= bytes.count,
      var header = mutatedText(Array(bytes[start..<(start + count)]))
    else { return nil }
    // JSON may end with spaces; a longer text is cut.
    header = Array(header.prefix(count))
    header += [UInt8](repeating: 0x20, count: count - header.count)
    var result = bytes
    result.replaceSubrange(start..<(start + count), with: header)
    result.replaceSubrange(64..<96, with: Digest(of: header).bytes)
    let root = Digest(of: Array(result[..<96] + result[table..<(table + 32 * tensorCount)]))
    result.replaceSubrange(96..<128, with: root.bytes)
    return result
  }

  /// A change of one chunk of a PNG file; pixels are changed before they are compressed, and checksums follow.
  mutating func mutatedPNG(_ bytes: [UInt8]) -> [UInt8]? {
    var chunks: [(type: [UInt8], data: [UInt8])] = []
    var index = 8
    while index + 12 <= bytes.count {
      let count = bytes[index..<(index + 4)].reduce(0) { $0 << 8 | Int($1) }
      guard index + 12 + count <= bytes.count else { return nil }
      chunks.append(
        (
          Array(bytes[(index + 4)..<(index + 8)]), Array(bytes[(index + 8)..<(index + 8 + count)])
        ))
      index += 12 + count
    }
    guard !chunks.isEmpty else { return nil }
    let chosen = below(chunks.count)
    switch below(5) {
    case 0: chunks.remove(at: chosen)
    case 1: chunks.insert(chunks[chosen], at: below(chunks.count + 1))
    default:
      let data = chunks[chosen].data
      let pixels = try? data.withUnsafeBytes { try Inflate.storage(from: $0, format: .zlib) }
      if let pixels {
        let changed = mutatedBytes(pixels.withUnsafeBytes { Array($0) })
        chunks[chosen].data = Deflate.bytes(from: changed, format: .zlib, level: 1)
      } else {
        chunks[chosen].data = mutatedBytes(data)
      }
    }
    func big(_ value: UInt32) -> [UInt8] {
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }
    return bytes[..<8]
      + chunks.flatMap { type, data in
        big(UInt32(data.count)) + type + data
          + big((type + data).withUnsafeBytes { Checksum.crc32($0) })
      }
  }
}
