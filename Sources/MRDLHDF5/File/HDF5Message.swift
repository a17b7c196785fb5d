import MRDLCore

/// One message of an object header: a piece of what is known of an object (specification IV.A.2).
struct HDF5Message: Sendable {
  /// The kinds of message that this reader understands or must know of.
  enum Kind: UInt16, Sendable {
    case null = 0x00
    case dataspace = 0x01
    case linkInfo = 0x02
    case datatype = 0x03
    case oldFillValue = 0x04
    case fillValue = 0x05
    case link = 0x06
    case externalFiles = 0x07
    case layout = 0x08
    case groupInfo = 0x0A
    case filterPipeline = 0x0B
    case attribute = 0x0C
    case comment = 0x0D
    case oldModificationTime = 0x0E
    case sharedMessageTable = 0x0F
    case continuation = 0x10
    case symbolTable = 0x11
    case modificationTime = 0x12
    case bTreeK = 0x13
    case driverInfo = 0x14
    case attributeInfo = 0x15
    case referenceCount = 0x16
    case fileSpaceInfo = 0x17
  }

  let type: UInt16
  let flags: UInt8
  /// When the message was made among those of its kind, where the header tracks it.
  let creationIndex: UInt16?
  let body: HDF5Cursor

  var kind: Kind? { Kind(rawValue: type) }
  /// Whether the body only tells where the message is.
  var isShared: Bool { flags & 0x02 != 0 }
  /// Whether a reader that does not know the kind must refuse the object.
  var mustBeUnderstood: Bool { flags & 0x80 != 0 }
}
