import MRDLCore

/// A picture format, told from the first bytes of a file.
package enum ImageFormat: String, Sendable, Hashable, CaseIterable {
  case png = "PNG"
  case pnm = "PNM"
  case bmp = "BMP"
  case jpeg = "JPEG"
  case gif = "GIF"
  case tiff = "TIFF"
  case webp = "WebP"

  /// Whether `ImageDecoder` reads the format.
  package var isReadable: Bool {
    switch self {
    case .png, .pnm, .bmp: true
    case .jpeg, .gif, .tiff, .webp: false
    }
  }

  /// The format of some bytes, or nil for none that is known.
  package init?(of bytes: UnsafeRawBufferPointer) {
    func begins(with magic: [UInt8], at offset: Int = 0) -> Bool {
      bytes.count >= offset + magic.count
        && bytes[offset..<(offset + magic.count)].elementsEqual(magic)
    }
    // A file whose signature is damaged is a damaged PNG, not something unknown.
    let signatureMatches = zip(bytes, PNGFile.signature).count { $0 == $1 }
    if begins(with: Array("PNG".utf8), at: 1) || signatureMatches >= 6 {
      self = .png
    } else if begins(with: Array("P".utf8)), bytes.count >= 3,
      (UInt8(ascii: "1")...UInt8(ascii: "7")).contains(bytes[1]),
      PNMHeader.isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#")
    {
      self = .pnm
    } else if begins(with: Array("BM".utf8)), begins(with: [0, 0, 0], at: 15) {
      self = .bmp
    } else if begins(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if begins(with: Array("GIF8".utf8)) {
      self = .gif
    } else if begins(with: Array("II*\0".utf8)) || begins(with: Array("MM\0*".utf8)) {
      self = .tiff
    } else if begins(with: Array("RIFF".utf8)), begins(with: Array("WEBP".utf8), at: 8) {
      self = .webp
    } else {
      return nil
    }
  }

  /// The format of the file at a path, or nil where it cannot be read or is none that is known.
  package init?(ofFile path: String) {
    guard FileSystem.kind(of: path) == .file, let storage = try? FileContent.map(path) else {
      return nil
    }
    guard let format = storage.withUnsafeBytes({ ImageFormat(of: $0) }) else { return nil }
    self = format
  }
}
