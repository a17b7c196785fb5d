/// The two checksums of HDF5.
package enum HDF5Checksum {
  /// Bob Jenkins' lookup3 hash with initial value 0: the checksum of metadata and the hash of names.
  package static func lookup3(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let seed = 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: bytes.count)
    var a = seed
    var b = seed
    var c = seed
    var offset = 0
    while bytes.count - offset > 12 {
      a &+= word(bytes, offset)
      b &+= word(bytes, offset + 4)
      c &+= word(bytes, offset + 8)
      mix(&a, &b, &c)
      offset += 12
    }
    // An empty tail leaves the state as it is; a tail of 1 to 12 bytes counts as padded with zeros.
    if offset == bytes.count { return c }
    a &+= partialWord(bytes, offset)
    b &+= partialWord(bytes, offset + 4)
    c &+= partialWord(bytes, offset + 8)
    finalMix(&a, &b, &c)
    return c
  }

  /// The Fletcher-32 checksum of the filter of that name: words of 16 bits, big-endian, an odd last
  /// byte counting as the upper half of a word.
  static func fletcher32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var first: UInt64 = 0
    var second: UInt64 = 0
    var offset = 0
    while offset + 1 < bytes.count {
      // Blocks short enough that neither sum passes 64 bits.
      let end = min(bytes.count & ~1, offset + (1 << 20))
      while offset < end {
        first &+= UInt64(bytes[offset]) << 8 | UInt64(bytes[offset + 1])
        second &+= first
        offset += 2
      }
      first = reduced(first)
      second = reduced(second)
    }
    if offset < bytes.count {
      first = reduced(first + UInt64(bytes[offset]) << 8)
      second = reduced(second + first)
    }
    return UInt32(second) << 16 | UInt32(first)
  }

  /// The number in 1...65535 congruent to a sum modulo 65535; only zero stays zero.
  private static func reduced(_ sum: UInt64) -> UInt64 {
    sum == 0 ? 0 : (sum - 1) % 65_535 + 1
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  private static func partialWord(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in 0..<4 where offset + index < bytes.count {
      value |= UInt32(bytes[offset + index]) << UInt32(8 * index)
    }
    return value
  }

  private static func rotated(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value << count | value >> (32 - count)
  }

  private static func mix(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
    a = (a &- c) ^ rotated(c, 4)
    c &+= b
    b = (b &- a) ^ rotated(a, 6)
    a &+= c
    c = (c &- b) ^ rotated(b, 8)
    b &+= a
    a = (a &- c) ^ rotated(c, 16)
    c &+= b
    b = (b &- a) ^ rotated(a, 19)
    a &+= c
    c = (c &- b) ^ rotated(b, 4)
    b &+= a
  }

  private static func finalMix(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
    c = (c ^ b) &- rotated(b, 14)
    a = (a ^ c) &- rotated(c, 11)
    b = (b ^ a) &- rotated(a, 25)
    c = (c ^ b) &- rotated(b, 16)
    a = (a ^ c) &- rotated(c, 4)
    b = (b ^ a) &- rotated(a, 14)
    c = (c ^ b) &- rotated(b, 24)
  }
}
