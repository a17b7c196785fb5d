import MRDLCore

/// The place of a message that objects share (specification IV.A.2).
enum HDF5SharedMessage {
  /// The body of a message, which may be in the header of another object.
  ///
  /// - Throws: `MRDL2003` for a message in the file's heap of shared messages.
  static func resolve(_ message: HDF5Message) throws(MRDLError) -> HDF5Cursor {
    guard message.isShared, let kind = message.kind else { return message.body }
    return try resolve(message.body, kind: kind)
  }

  /// The message that a description of its place leads to.
  static func resolve(
    _ place: HDF5Cursor, kind: HDF5Message.Kind
  ) throws(MRDLError) -> HDF5Cursor {
    var cursor = place
    let version = try cursor.readUInt8()
    let type = try cursor.readUInt8()
    switch version {
    case 1: try cursor.skip(byteCount: 6)
    case 2: break
    case 3 where type == 1:
      throw place.unsupported("a message is in the file's heap of shared messages")
    case 3 where type == 2: break
    default:
      throw place.unsupported(
        "a shared message is kept in an unknown way", found: "version \(version), type \(type)")
    }
    guard let address = try cursor.readAddress() else {
      throw place.bad("a shared message has no address")
    }
    return try place.source.sharedMessage(at: address, kind: kind)
  }
}
