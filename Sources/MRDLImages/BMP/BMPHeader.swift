import MRDLCore

/// The headers and the palette of a BMP, of Windows 2 to 5 and OS/2.
struct BMPHeader {
  enum Compression: UInt32 {
    case none = 0
    case runs8 = 1
    case runs4 = 2
    case bitFields = 3
    case alphaBitFields = 6
  }

  /// Which bits of a pixel hold red, green, blue and opacity; 0 for none.
  struct Masks {
    var red: UInt32
    var green: UInt32
    var blue: UInt32
    var alpha: UInt32 = 0

    static let bits555 = Masks(red: 0x7C00, green: 0x03E0, blue: 0x001F)
    static let bits888 = Masks(red: 0xFF_0000, green: 0xFF00, blue: 0xFF)

    var all: [UInt32] { [red, green, blue, alpha] }
  }

  let width: Int
  let height: Int
  let isTopDown: Bool
  let bitsPerPixel: Int
  let compression: Compression
  let masks: Masks
  /// Red, green and blue of each entry.
  let palette: [SIMD3<UInt8>]
  /// Where the pixels begin.
  let dataByteOffset: Int

  private static let fileHeaderByteCount = 14
  private static let coreByteCount = 12
  /// Headers that hold the fields of Windows 3; those of OS/2 2 may stop anywhere after the bit count.
  private static let os2ByteCounts = 16...64
  private static let windowsByteCounts: Set<Int> = [40, 52, 56, 108, 124]

  init(_ storage: Storage, limits: Limits) throws(MRDLError) {
    var reader = ByteReader(storage, truncationCode: .badImage)
    try reader.skip(byteCount: 10)
    let dataOffset = Int(try reader.readInteger(UInt32.self))
    let byteCount = Int(try reader.readInteger(UInt32.self))
    let isWindows = Self.windowsByteCounts.contains(byteCount)
    guard isWindows || byteCount == Self.coreByteCount || Self.os2ByteCounts.contains(byteCount)
    else {
      throw MRDLError(
        .badImage, "the header of a BMP has an unknown size", found: "\(byteCount) bytes",
        expected: "12, 16 to 64, 108 or 124", at: Place(byteOffset: 14))
    }
    let fields = try BMPFields(&reader, byteCount: byteCount)
    width = fields.width
    height = abs(fields.height)
    isTopDown = fields.height < 0
    bitsPerPixel = fields.bitsPerPixel
    _ = try ImageDecoder.checkedPixelCount(
      width: width, height: height, limits: limits, place: Place(byteOffset: 18))
    compression = try Self.compression(fields, isWindows: isWindows, isTopDown: isTopDown)

    // The masks are a part of the larger headers and follow the header of Windows 3.
    try reader.seek(byteOffset: Self.fileHeaderByteCount + min(byteCount, 40))
    var masks = bitsPerPixel == 16 ? Masks.bits555 : Masks.bits888
    if compression == .bitFields || compression == .alphaBitFields {
      masks.red = try reader.readInteger()
      masks.green = try reader.readInteger()
      masks.blue = try reader.readInteger()
      if byteCount >= 56 || compression == .alphaBitFields {
        masks.alpha = try reader.readInteger()
      }
      try Self.check(masks, bitsPerPixel: bitsPerPixel)
    }
    self.masks = masks
    let headerEnd = max(reader.byteOffset, Self.fileHeaderByteCount + byteCount)
    try reader.seek(byteOffset: headerEnd)
    guard (headerEnd...storage.byteCount).contains(dataOffset) else {
      throw MRDLError(
        .badImage, "the pixels of a BMP lie outside the file", found: "byte \(dataOffset)",
        expected: "\(headerEnd) to \(storage.byteCount)", at: Place(byteOffset: 10))
    }
    dataByteOffset = dataOffset
    palette =
      bitsPerPixel > 8
      ? []
      : try Self.palette(
        &reader, bitsPerPixel: bitsPerPixel, colorCount: fields.colorCount,
        entryByteCount: byteCount == Self.coreByteCount ? 3 : 4, end: dataOffset)
  }

  /// Bytes of one uncompressed row.
  var rowByteCount: Int { (width * bitsPerPixel + 31) / 32 * 4 }

  private static func compression(
    _ fields: BMPFields, isWindows: Bool, isTopDown: Bool
  ) throws(MRDLError) -> Compression {
    let place = Place(byteOffset: 30)
    guard let compression = Compression(rawValue: fields.compression),
      isWindows || fields.compression <= Compression.runs4.rawValue
    else {
      throw MRDLError(
        .unsupportedImage, "a BMP uses a compression that this reader lacks",
        found: "\(fields.compression)", expected: "none, RLE8, RLE4 or bit fields", at: place)
    }
    let permitted: Set<Int> =
      switch compression {
      case .none: [1, 4, 8, 16, 24, 32]
      case .runs8: [8]
      case .runs4: [4]
      case .bitFields, .alphaBitFields: [16, 32]
      }
    guard permitted.contains(fields.bitsPerPixel) else {
      throw MRDLError(
        .badImage, "a BMP has a number of bits that its compression does not permit",
        found: "\(fields.bitsPerPixel)",
        expected: permitted.sorted().map { "\($0)" }.joined(separator: ", "),
        at: Place(byteOffset: 28))
    }
    if isTopDown && (compression == .runs8 || compression == .runs4) {
      throw MRDLError(.badImage, "a compressed BMP cannot begin at the top", at: place)
    }
    return compression
  }

  private static func check(_ masks: Masks, bitsPerPixel: Int) throws(MRDLError) {
    let room = bitsPerPixel == 32 ? UInt32.max : 0xFFFF
    var used: UInt32 = 0
    for mask in masks.all {
      let run = mask >> UInt32(mask.trailingZeroBitCount)
      guard mask & used == 0, mask & ~room == 0, run & (run &+ 1) == 0 else {
        throw MRDLError(
          .badImage, "the bit fields of a BMP overlap or have holes",
          found: masks.all.map { String($0, radix: 16) }.joined(separator: " "),
          at: Place(byteOffset: 54))
      }
      used |= mask
    }
  }

  private static func palette(
    _ reader: inout ByteReader, bitsPerPixel: Int, colorCount: Int, entryByteCount: Int, end: Int
  ) throws(MRDLError) -> [SIMD3<UInt8>] {
    let full = 1 << bitsPerPixel
    let stated = colorCount == 0 ? full : min(colorCount, full)
    // Some writers leave out the entries that they do not use; the pixels then begin earlier.
    let count = min(stated, (end - reader.byteOffset) / entryByteCount)
    guard count > 0 else {
      throw MRDLError(.badImage, "a BMP of indexed colours has no palette", at: reader.place())
    }
    var palette: [SIMD3<UInt8>] = []
    for _ in 0..<count {
      let blue = try reader.readInteger(UInt8.self)
      let green = try reader.readInteger(UInt8.self)
      let red = try reader.readInteger(UInt8.self)
      try reader.skip(byteCount: entryByteCount - 3)
      palette.append(SIMD3(red, green, blue))
    }
    return palette
  }
}

/// The numbers of the second header.
private struct BMPFields {
  var width: Int
  var height: Int
  var bitsPerPixel: Int
  var compression: UInt32 = 0
  var colorCount = 0

  init(_ reader: inout ByteReader, byteCount: Int) throws(MRDLError) {
    let planeCount: UInt16
    if byteCount == 12 {
      width = Int(try reader.readInteger(UInt16.self))
      height = Int(try reader.readInteger(UInt16.self))
      planeCount = try reader.readInteger()
      bitsPerPixel = Int(try reader.readInteger(UInt16.self))
    } else {
      width = Int(try reader.readInteger(Int32.self))
      height = Int(try reader.readInteger(Int32.self))
      planeCount = try reader.readInteger()
      bitsPerPixel = Int(try reader.readInteger(UInt16.self))
      if byteCount >= 20 { compression = try reader.readInteger() }
      if byteCount >= 36 {
        try reader.skip(byteCount: 12)
        colorCount = Int(try reader.readInteger(UInt32.self))
      }
    }
    guard planeCount == 1 else {
      throw MRDLError(
        .badImage, "a BMP has a wrong number of planes", found: "\(planeCount)", expected: "1",
        at: Place(byteOffset: 26))
    }
  }
}
