import MRDLCore
import MRDLModel

extension Prelude {
  /// Reads the prelude at the start of a file. Offsets that contradict the lengths are reported; what
  /// makes the rest unreadable is thrown.
  init(
    _ reader: inout ByteReader, limits: Limits, diagnostics: Diagnostics
  ) throws(MRDLError) {
    try Self.checkMagic(reader)
    var fields = try reader.readSlice(byteCount: Self.byteCount)
    try fields.skip(byteCount: Self.magic.count)
    version = try Self.readVersion(&fields)
    // A reader that does not know an optional feature may ignore it.
    try fields.skip(byteCount: 4)
    requiredFeatures = try RequiredFeatures(
      stated: try fields.readInteger(UInt64.self), at: fields.place(Offset.requiredFeatures))

    let statedHeader = UInt64(try fields.readInteger(UInt32.self))
    let headerByteCount = Int(try fields.readInteger(UInt32.self))
    guard headerByteCount <= limits.headerByteCount else {
      throw MRDLError(
        .limitExceeded, "the header is too long", found: "\(headerByteCount) bytes",
        expected: "at most \(limits.headerByteCount)", at: fields.place(Offset.headerByteCount))
    }
    let statedTable = UInt64(try fields.readInteger(UInt32.self))
    let tensorCount = Int(try fields.readInteger(UInt32.self))
    guard tensorCount <= limits.tensorCount else {
      throw MRDLError(
        .limitExceeded, "the file has too many tensors", found: "\(tensorCount)",
        expected: "at most \(limits.tensorCount)", at: fields.place(Offset.tensorCount))
    }
    let statedData = try fields.readInteger(UInt64.self)
    let statedDataByteCount = try fields.readInteger(UInt64.self)
    let statedFileByteCount = try fields.readInteger(UInt64.self)
    guard let dataByteCount = Int(exactly: statedDataByteCount),
      let layout = ContainerLayout(
        headerByteCount: headerByteCount, tensorCount: tensorCount, dataByteCount: dataByteCount)
    else {
      throw MRDLError(
        .badPrelude, "the lengths of the parts cannot be added up",
        found: "\(statedDataByteCount) bytes of data", at: fields.place(Offset.dataByteCount))
    }
    self.layout = layout
    for (part, found, expected, offset) in [
      ("the header begins", statedHeader, layout.header.lowerBound, Offset.header),
      ("the digest table begins", statedTable, layout.digestTable.lowerBound, Offset.digestTable),
      ("the data begin", statedData, layout.data.lowerBound, Offset.data),
      ("the file ends", statedFileByteCount, layout.fileByteCount, Offset.fileByteCount),
    ] where found != UInt64(expected) {
      diagnostics.report(
        .badLayout, "\(part) at another byte than the lengths ask for", found: "\(found)",
        expected: "\(expected)", at: fields.place(offset))
    }
    headerDigest = try Self.readDigest(&fields)
    rootDigest = try Self.readDigest(&fields)
  }

  /// Where the fields lie that errors name.
  private enum Offset {
    static let version = 8
    static let requiredFeatures = 16
    static let header = 24
    static let headerByteCount = 28
    static let digestTable = 32
    static let tensorCount = 36
    static let data = 40
    static let dataByteCount = 48
    static let fileByteCount = 56
  }

  private static func checkMagic(_ reader: ByteReader) throws(MRDLError) {
    let found = reader.withUnsafeRemainingBytes { Array($0.prefix(magic.count)) }
    if found == magic { return }
    if found.isEmpty { throw MRDLError(.emptyFile, "the file is empty", at: reader.place(0)) }
    if magic.starts(with: found) {
      throw MRDLError(
        .truncatedContainer, "the file ends inside its first bytes", found: "\(found.count) bytes",
        expected: "at least \(byteCount)", at: reader.place(found.count))
    }
    let wasText = found.count > 4 && found[1..<5] == magic[1..<5]
    throw MRDLError(
      .notAModel,
      wasText
        ? "the first bytes were changed, as a transfer in text mode does" : "the file is not .mrdl",
      found: found.hexadecimal, expected: magic.hexadecimal, at: reader.place(0))
  }

  private static func readVersion(
    _ fields: inout ByteReader
  ) throws(MRDLError) -> ModelHeader.Version {
    let major = Int(try fields.readInteger(UInt16.self))
    let minor = Int(try fields.readInteger(UInt16.self))
    let known = ModelHeader.Version.current
    guard major == known.major else {
      throw MRDLError(
        .unsupportedVersion, "the major version of the format is not known",
        found: "\(major).\(minor)", expected: "\(known.major).x",
        at: fields.place(Offset.version))
    }
    return ModelHeader.Version(major: major, minor: minor)
  }

  private static func readDigest(_ fields: inout ByteReader) throws(MRDLError) -> Digest {
    let offset = fields.byteOffset
    guard let digest = Digest(try fields.readBytes(byteCount: Digest.byteCount)) else {
      throw MRDLError(.badPrelude, "a digest is incomplete", at: fields.place(offset))
    }
    return digest
  }
}

extension [UInt8] {
  /// Two hexadecimal digits a byte, with a space between bytes.
  fileprivate var hexadecimal: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}
