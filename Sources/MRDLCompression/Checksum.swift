private import CZlib

/// The checksums of zlib, gzip, zip and PNG.
package enum Checksum {
  /// The CRC-32 of IEEE 802.3 over some bytes.
  ///
  /// - Parameter previous: the checksum of the bytes before them.
  package static func crc32(_ bytes: UnsafeRawBufferPointer, after previous: UInt32 = 0) -> UInt32 {
    guard let start = bytes.baseAddress else { return previous }
    return UInt32(
      truncatingIfNeeded: crc32_z(
        UInt(previous), start.assumingMemoryBound(to: UInt8.self), bytes.count))
  }

  /// The Adler-32 of RFC 1950 over some bytes.
  ///
  /// - Parameter previous: the checksum of the bytes before them; 1 for none.
  package static func adler32(
    _ bytes: UnsafeRawBufferPointer, after previous: UInt32 = 1
  ) -> UInt32 {
    guard let start = bytes.baseAddress else { return previous }
    return UInt32(
      truncatingIfNeeded: adler32_z(
        UInt(previous), start.assumingMemoryBound(to: UInt8.self), bytes.count))
  }
}
