import MRDLCore

/// The parts of a PNG that decide its pixels, with every rule of order and number checked (5.6).
///
/// Gamma, profiles, text, times and the other chunks that can be left out are left out; their checksums
/// are checked. What follows IEND is not part of the picture.
struct PNGFile {
  let header: PNGHeader
  /// Red, green and blue of each entry; empty where there is no palette.
  let palette: [UInt8]
  /// The content of tRNS.
  let transparency: [UInt8]?
  /// Where the zlib stream lies.
  let dataParts: [Range<Int>]

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  init(_ storage: Storage, limits: Limits) throws(MRDLError) {
    var reader = ByteReader(storage, truncationCode: .badImage)
    let signature = try reader.readBytes(byteCount: Self.signature.count)
    guard signature == Self.signature else {
      throw MRDLError(
        .badImage, "the signature of a PNG is damaged; the file may have been changed as a text",
        found: signature.map { String($0, radix: 16) }.joined(separator: " "),
        expected: Self.signature.map { String($0, radix: 16) }.joined(separator: " "))
    }
    let first = try PNGChunk(from: &reader)
    guard first.type == "IHDR" else {
      throw MRDLError(
        .badImage, "a PNG does not begin with its header", found: first.type, expected: "IHDR",
        at: first.place)
    }
    let header = try PNGHeader(first, limits: limits)
    var palette: [UInt8] = []
    var transparency: [UInt8]?
    var parts: [Range<Int>] = []
    var dataHasEnded = false
    chunks: while true {
      let chunk = try PNGChunk(from: &reader)
      if chunk.type != "IDAT" && !parts.isEmpty { dataHasEnded = true }
      switch chunk.type {
      case "IHDR": throw Self.misplaced(chunk, "a second header")
      case "PLTE":
        guard palette.isEmpty else { throw Self.misplaced(chunk, "a second palette") }
        guard parts.isEmpty, transparency == nil else {
          throw Self.misplaced(chunk, "a palette after what depends on it")
        }
        palette = try Self.palette(chunk, header)
      case "tRNS":
        guard transparency == nil else { throw Self.misplaced(chunk, "a second transparency") }
        guard parts.isEmpty else { throw Self.misplaced(chunk, "transparency after the data") }
        transparency = try Self.transparency(chunk, header, palette)
      case "IDAT":
        guard !dataHasEnded else {
          throw Self.misplaced(chunk, "data with other chunks between its parts")
        }
        parts.append(chunk.data)
      case "IEND":
        _ = try chunk.content(byteCount: 0)
        break chunks
      default:
        if chunk.isCritical {
          throw MRDLError(
            .unsupportedImage, "a PNG has a critical chunk that this reader does not know",
            found: chunk.type, at: chunk.place)
        }
      }
    }
    guard !parts.isEmpty else {
      throw MRDLError(.badImage, "a PNG has no data", expected: "a chunk IDAT", at: reader.place())
    }
    guard header.colorType != .indexed || !palette.isEmpty else {
      throw MRDLError(
        .badImage, "a PNG of indexed colours has no palette", expected: "a chunk PLTE",
        at: first.place)
    }
    self.header = header
    self.palette = palette
    self.transparency = transparency
    dataParts = parts
  }

  private static func misplaced(_ chunk: PNGChunk, _ what: String) -> MRDLError {
    MRDLError(.badImage, "a PNG has \(what)", found: chunk.type, at: chunk.place)
  }

  private static func palette(
    _ chunk: PNGChunk, _ header: PNGHeader
  ) throws(MRDLError) -> [UInt8] {
    guard header.colorType != .grey, header.colorType != .greyAlpha else {
      throw misplaced(chunk, "a palette, although it is grey")
    }
    let mostEntries = header.colorType == .indexed ? 1 << header.bitDepth : 256
    guard chunk.data.count.isMultiple(of: 3), (1...mostEntries).contains(chunk.data.count / 3)
    else {
      throw MRDLError(
        .badImage, "the palette of a PNG has a wrong length", found: "\(chunk.data.count) bytes",
        expected: "3 bytes for each of 1 to \(mostEntries) entries", at: chunk.place)
    }
    return chunk.bytes
  }

  private static func transparency(
    _ chunk: PNGChunk, _ header: PNGHeader, _ palette: [UInt8]
  ) throws(MRDLError) -> [UInt8] {
    switch header.colorType {
    case .grey: _ = try chunk.content(byteCount: 2)
    case .rgb: _ = try chunk.content(byteCount: 6)
    case .indexed:
      guard !palette.isEmpty else {
        throw misplaced(chunk, "transparency before its palette")
      }
      guard (1...(palette.count / 3)).contains(chunk.data.count) else {
        throw MRDLError(
          .badImage, "the transparency of a PNG does not fit its palette",
          found: "\(chunk.data.count) bytes", expected: "1 to \(palette.count / 3)",
          at: chunk.place)
      }
    case .greyAlpha, .rgba:
      throw misplaced(chunk, "two kinds of transparency")
    }
    return chunk.bytes
  }
}
