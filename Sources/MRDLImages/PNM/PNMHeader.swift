import MRDLCore

/// The header of a netpbm picture: PBM, PGM, PPM or PAM.
struct PNMHeader {
  /// The digit of the magic, 1 to 7.
  let kind: Int
  let width: Int
  let height: Int
  /// The value that means all of a channel, 1 to 65535.
  let greatestValue: Int
  let colorSpace: ColorSpace

  /// Whether samples are decimal numbers.
  var isPlain: Bool { kind <= 3 }
  /// Whether samples are bits, of which 1 is black.
  var isBitmap: Bool { kind == 1 || kind == 4 }

  /// Reads the header; the scanner then stands at the first sample.
  init(_ scanner: inout PNMScanner, limits: Limits) throws(MRDLError) {
    kind = try scanner.magic()
    if kind == 7 {
      let fields = try PAMFields(&scanner)
      width = fields.width
      height = fields.height
      greatestValue = fields.greatestValue
      colorSpace = fields.colorSpace
    } else {
      width = try scanner.number(upTo: Int(Int32.max), "width")
      height = try scanner.number(upTo: Int(Int32.max), "height")
      colorSpace = kind == 3 || kind == 6 ? .rgb : .grey
      greatestValue =
        kind == 1 || kind == 4 ? 1 : try scanner.number(upTo: 65_535, "greatest value")
      // One white space, or the line end of a comment, separates the header from binary samples.
      if !(1...3).contains(kind) { try scanner.separator() }
    }
    guard greatestValue > 0 else {
      throw MRDLError(
        .badImage, "a netpbm picture has an impossible greatest value", found: "\(greatestValue)",
        expected: "1 to 65535", at: scanner.place)
    }
    _ = try ImageDecoder.checkedPixelCount(
      width: width, height: height, limits: limits, place: scanner.place)
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

/// The header lines of a PAM picture.
private struct PAMFields {
  var width = 0
  var height = 0
  var greatestValue = 0
  var colorSpace = ColorSpace.grey

  init(_ scanner: inout PNMScanner) throws(MRDLError) {
    var numbers: [String: Int] = [:]
    var tupleType: String?
    lines: while true {
      let words = try scanner.line().split(whereSeparator: { $0.isWhitespace })
      guard let keyword = words.first, !keyword.hasPrefix("#") else { continue }
      switch keyword {
      case "ENDHDR": break lines
      case "TUPLTYPE":
        guard tupleType == nil, words.count == 2 else {
          throw Self.badLine(words, scanner)
        }
        tupleType = String(words[1])
      case "WIDTH", "HEIGHT", "DEPTH", "MAXVAL":
        guard words.count == 2, let value = Int(words[1]), (1...Int(Int32.max)).contains(value),
          numbers.updateValue(value, forKey: String(keyword)) == nil
        else { throw Self.badLine(words, scanner) }
      default: throw Self.badLine(words, scanner)
      }
    }
    guard let width = numbers["WIDTH"], let height = numbers["HEIGHT"],
      let depth = numbers["DEPTH"], let greatestValue = numbers["MAXVAL"]
    else {
      throw MRDLError(
        .badImage, "the header of a PAM picture is incomplete",
        found: numbers.keys.sorted().joined(separator: " "),
        expected: "WIDTH, HEIGHT, DEPTH and MAXVAL", at: scanner.place)
    }
    guard greatestValue <= 65_535 else {
      throw MRDLError(
        .badImage, "a netpbm picture has an impossible greatest value", found: "\(greatestValue)",
        expected: "1 to 65535", at: scanner.place)
    }
    self.width = width
    self.height = height
    self.greatestValue = greatestValue
    colorSpace = try Self.colorSpace(tupleType, depth: depth, at: scanner.place)
  }

  private static func colorSpace(
    _ tupleType: String?, depth: Int, at place: Place
  ) throws(MRDLError) -> ColorSpace {
    let colorSpace: ColorSpace? =
      switch tupleType {
      case "BLACKANDWHITE", "GRAYSCALE": .grey
      case "BLACKANDWHITE_ALPHA", "GRAYSCALE_ALPHA": .greyAlpha
      case "RGB": .rgb
      case "RGB_ALPHA": .rgba
      case nil: ColorSpace.allCases.first { $0.channelCount == depth }
      default: nil
      }
    guard let colorSpace else {
      throw MRDLError(
        .unsupportedImage, "a PAM picture holds something other than grey or RGB",
        found: tupleType ?? Quantity.count(depth, "channel"), at: place)
    }
    guard colorSpace.channelCount == depth else {
      throw MRDLError(
        .badImage, "the depth of a PAM picture does not fit its tuple type", found: "\(depth)",
        expected: "\(colorSpace.channelCount)", at: place)
    }
    return colorSpace
  }

  private static func badLine(_ words: [Substring], _ scanner: PNMScanner) -> MRDLError {
    MRDLError(
      .badImage, "a line of the header of a PAM picture makes no sense",
      found: String(words.joined(separator: " ").prefix(60)), at: scanner.place)
  }
}
