import MRDLCore

/// An entry of a group (specification IV.A.2.g).
package struct HDF5Link: Sendable, Hashable {
  /// What an entry leads to.
  package enum Target: Sendable, Hashable {
    /// An object of this file.
    case object(address: UInt64)
    /// Another path of this file.
    case soft(path: String)
    /// An object of another file.
    case external(file: String, path: String)
    /// A kind that some program has added.
    case userDefined(UInt8)
  }

  package let name: String
  package let target: Target
  /// When the link was made among those of its group, where that is tracked.
  package let creationIndex: Int64?

  init(name: String, target: Target, creationIndex: Int64?) {
    self.name = name
    self.target = target
    self.creationIndex = creationIndex
  }

  /// Decodes a link message.
  init(_ message: HDF5Cursor) throws(MRDLError) {
    var cursor = message
    try cursor.readVersion(1, of: "a link")
    let flags = try cursor.readUInt8()
    let kind = flags & 0x08 != 0 ? try cursor.readUInt8() : 0
    creationIndex = flags & 0x04 != 0 ? Int64(bitPattern: try cursor.readUInt64()) : nil
    // A character set other than ASCII is UTF-8, of which ASCII is a part.
    if flags & 0x10 != 0 { try cursor.skip(byteCount: 1) }
    let nameByteCount = try cursor.readUnsigned(byteCount: 1 << Int(flags & 0x03))
    var nameCursor = try cursor.readPart(byteCount: nameByteCount)
    name = try Self.name(
      try nameCursor.readBytes(byteCount: nameCursor.remainingByteCount), cursor)
    switch kind {
    case 0:
      guard let address = try cursor.readAddress() else {
        throw cursor.bad("a link has no address")
      }
      target = .object(address: address)
    case 1:
      let byteCount = Int(try cursor.readUInt16())
      target = .soft(
        path: String(decoding: try cursor.readBytes(byteCount: byteCount), as: UTF8.self))
    case 64:
      var value = try cursor.readPart(byteCount: Int(try cursor.readUInt16()))
      _ = try value.readUInt8()
      let file = try value.readTerminatedBytes()
      let path = try value.readTerminatedBytes()
      target = .external(
        file: String(decoding: file, as: UTF8.self), path: String(decoding: path, as: UTF8.self))
    default: target = .userDefined(kind)
    }
  }

  /// The name of a link from its bytes.
  static func name(_ bytes: [UInt8], _ cursor: HDF5Cursor) throws(MRDLError) -> String {
    let limit = cursor.source.limits.nameByteCount
    guard !bytes.isEmpty, bytes.count <= limit else {
      throw cursor.bad(
        "the name of a link has an impossible length", found: "\(bytes.count) bytes",
        expected: "1 to \(limit)")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
