/// What surrounds a deflate stream (RFC 1951).
package enum CompressionFormat: String, Sendable, Hashable, CaseIterable {
  /// Two bytes before it and an Adler-32 after it (RFC 1950), as in PNG and HDF5.
  case zlib
  /// Nothing, as in zip archives.
  case deflate
  /// One or more members with a header, a CRC-32 and a length each (RFC 1952).
  case gzip

  /// The parameter by which zlib tells the formats apart, with the largest window.
  var windowBits: Int32 {
    switch self {
    case .zlib: 15
    case .deflate: -15
    case .gzip: 15 + 16
    }
  }
}
