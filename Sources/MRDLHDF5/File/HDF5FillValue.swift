import MRDLCore

/// What an element has that was never written (specification IV.A.2.e and f).
enum HDF5FillValue {
  /// The bytes of one element, or nil where they are zero.
  static func bytes(
    _ header: HDF5ObjectHeader, elementByteCount: Int
  ) throws(MRDLError) -> [UInt8]? {
    var bytes: [UInt8]?
    if let message = header.first(.fillValue) {
      bytes = try new(message.body)
    } else if let message = header.first(.oldFillValue) {
      var cursor = message.body
      bytes = try sized(&cursor)
    }
    guard let bytes, !bytes.isEmpty else { return nil }
    guard bytes.count == elementByteCount else {
      throw MRDLError(
        .badHDF5, "a fill value has the wrong size", found: "\(bytes.count) bytes",
        expected: "\(elementByteCount)")
    }
    return bytes.allSatisfy { $0 == 0 } ? nil : bytes
  }

  private static func new(_ message: HDF5Cursor) throws(MRDLError) -> [UInt8]? {
    var cursor = message
    let version = try cursor.readUInt8()
    switch version {
    case 1, 2:
      try cursor.skip(byteCount: 2)
      let isDefined = try cursor.readUInt8() != 0
      return version == 1 || isDefined ? try sized(&cursor) : nil
    case 3:
      let flags = try cursor.readUInt8()
      return flags & 0x20 != 0 ? try sized(&cursor) : nil
    default:
      throw message.unsupported(
        "the version of a fill value is not known", found: "\(version)", expected: "1 to 3")
    }
  }

  private static func sized(_ cursor: inout HDF5Cursor) throws(MRDLError) -> [UInt8]? {
    // A negative size stands for a fill value that is not defined.
    let size = Int32(bitPattern: try cursor.readUInt32())
    return size > 0 ? try cursor.readBytes(byteCount: Int(size)) : nil
  }
}
