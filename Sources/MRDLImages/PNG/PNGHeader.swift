import MRDLCore

/// The chunk IHDR (PNG, third edition, 11.2.1).
struct PNGHeader {
  enum ColorType: UInt8 {
    case grey = 0
    case rgb = 2
    case indexed = 3
    case greyAlpha = 4
    case rgba = 6

    /// Samples of one pixel in the file.
    var channelCount: Int {
      switch self {
      case .grey, .indexed: 1
      case .greyAlpha: 2
      case .rgb: 3
      case .rgba: 4
      }
    }

    var permittedBitDepths: [UInt8] {
      switch self {
      case .grey: [1, 2, 4, 8, 16]
      case .indexed: [1, 2, 4, 8]
      case .rgb, .greyAlpha, .rgba: [8, 16]
      }
    }
  }

  static let byteCount = 13

  let width: Int
  let height: Int
  /// Bits of one sample in the file: 1, 2, 4, 8 or 16.
  let bitDepth: Int
  let colorType: ColorType
  let isInterlaced: Bool

  init(_ chunk: PNGChunk, limits: Limits) throws(MRDLError) {
    var reader = try chunk.content(byteCount: Self.byteCount)
    let width = try reader.readBigEndianInteger(UInt32.self)
    let height = try reader.readBigEndianInteger(UInt32.self)
    let bitDepth = try reader.readInteger(UInt8.self)
    let colorNumber = try reader.readInteger(UInt8.self)
    let compression = try reader.readInteger(UInt8.self)
    let filtering = try reader.readInteger(UInt8.self)
    let interlacing = try reader.readInteger(UInt8.self)
    let place = chunk.place
    guard width <= UInt32(Int32.max), height <= UInt32(Int32.max) else {
      throw MRDLError(
        .badImage, "a side of a PNG is too long", found: "\(width) × \(height)",
        expected: "at most \(Int32.max)", at: place)
    }
    self.width = Int(width)
    self.height = Int(height)
    _ = try ImageDecoder.checkedPixelCount(
      width: self.width, height: self.height, limits: limits, place: place)
    guard let colorType = ColorType(rawValue: colorNumber) else {
      throw MRDLError(
        .badImage, "a PNG has an unknown colour type", found: "\(colorNumber)",
        expected: "0, 2, 3, 4 or 6", at: place)
    }
    guard colorType.permittedBitDepths.contains(bitDepth) else {
      throw MRDLError(
        .badImage, "a PNG has a bit depth that its colour type does not permit",
        found: "\(bitDepth)",
        expected: colorType.permittedBitDepths.map { "\($0)" }.joined(separator: ", "), at: place)
    }
    guard compression == 0, filtering == 0 else {
      throw MRDLError(
        .badImage, "a PNG has an unknown compression or filter method",
        found: "\(compression) and \(filtering)", expected: "0 and 0", at: place)
    }
    guard interlacing <= 1 else {
      throw MRDLError(
        .badImage, "a PNG has an unknown interlace method", found: "\(interlacing)",
        expected: "0 or 1", at: place)
    }
    self.bitDepth = Int(bitDepth)
    self.colorType = colorType
    isInterlaced = interlacing == 1
  }

  /// Bits of one pixel in the file.
  var bitsPerPixel: Int { bitDepth * colorType.channelCount }

  /// The distance in bytes between a byte and the one that filters compare it with (9.2).
  var filterDistance: Int { max(1, bitsPerPixel / 8) }

  /// Bytes of one row of `width` pixels, without its filter type.
  func rowByteCount(width: Int) -> Int {
    // At most 2³¹ pixels of 64 bits.
    (width * bitsPerPixel + 7) / 8
  }

  /// The reduced pictures that the file holds one after the other.
  var passes: [PNGPass] { isInterlaced ? PNGPass.adam7(self) : [PNGPass.whole(self)] }

  /// Bytes of all rows with their filter types, or nil where that cannot be represented.
  var scanlineByteCount: Int? {
    var total = 0
    for pass in passes {
      guard
        let byteCount = pass.height.multipliedChecked(by: 1 + rowByteCount(width: pass.width)),
        let sum = total.addingChecked(byteCount)
      else { return nil }
      total = sum
    }
    return total
  }
}
