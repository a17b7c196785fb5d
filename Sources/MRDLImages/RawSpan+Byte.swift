extension RawSpan {
  /// The byte at an offset, which must lie inside.
  @inline(__always)
  func byte(at byteOffset: Int) -> UInt8 {
    // Checks the offset in spite of its name, which speaks of the type.
    unsafeLoad(fromByteOffset: byteOffset, as: UInt8.self)
  }

  /// The little-endian 16-bit integer at an offset, which must lie inside.
  @inline(__always)
  func littleEndian16(at byteOffset: Int) -> UInt32 {
    UInt32(byte(at: byteOffset)) | UInt32(byte(at: byteOffset + 1)) << 8
  }

  /// The little-endian 32-bit integer at an offset, which must lie inside.
  @inline(__always)
  func littleEndian32(at byteOffset: Int) -> UInt32 {
    littleEndian16(at: byteOffset) | littleEndian16(at: byteOffset + 2) << 16
  }
}
