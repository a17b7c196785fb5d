import MRDLCore

/// The entry point of an HDF5 file, versions 0 to 3 (specification II.A).
struct HDF5Superblock: Sendable {
  /// The eight bytes that every HDF5 file begins with, after its user block.
  static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  let version: Int
  /// Where address 0 lies in the storage: the signature, after the user block.
  let baseOffset: Int
  /// The end of the HDF5 data in the storage.
  let endOffset: Int
  /// Bytes of an address.
  let addressByteCount: Int
  /// Bytes of a length.
  let lengthByteCount: Int
  let rootAddress: UInt64
  /// The object header with further properties of the file; versions 2 and 3 may have one.
  let extensionAddress: UInt64?

  /// Where the signature is: at byte 0, 512, or a further doubling of that; nil where it is nowhere.
  static func signatureOffset(in storage: Storage) -> Int? {
    var offset = 0
    while offset <= storage.byteCount - signature.count {
      let found = storage.withUnsafeBytes { bytes in
        bytes[offset..<(offset + signature.count)].elementsEqual(signature)
      }
      if found { return offset }
      guard let next = offset == 0 ? 512 : offset.multipliedChecked(by: 2) else { return nil }
      offset = next
    }
    return nil
  }

  init(_ storage: Storage) throws(MRDLError) {
    guard let baseOffset = Self.signatureOffset(in: storage) else {
      throw MRDLError(.badHDF5, "not an HDF5 file: the signature is missing")
    }
    self.baseOffset = baseOffset
    let all = ByteReader(storage, truncationCode: .truncatedHDF5)
    var reader = try all.slice(byteOffset: baseOffset, byteCount: storage.byteCount - baseOffset)
    try reader.skip(byteCount: Self.signature.count)
    version = Int(try reader.readInteger(UInt8.self))
    let fields: Fields
    switch version {
    case 0, 1: fields = try Fields(old: &reader, version: version)
    case 2, 3: fields = try Fields(new: &reader, start: baseOffset, version: version)
    default:
      throw MRDLError(
        .unsupportedHDF5, "the version of the superblock is not known", found: "\(version)",
        expected: "0 to 3", at: reader.place())
    }
    addressByteCount = fields.addressByteCount
    lengthByteCount = fields.lengthByteCount
    guard let rootAddress = fields.rootAddress else {
      throw MRDLError(.badHDF5, "the file has no root group", at: reader.place(baseOffset))
    }
    self.rootAddress = rootAddress
    extensionAddress = fields.extensionAddress
    guard fields.endAddress >= fields.baseAddress,
      let length = Int(exactly: fields.endAddress - fields.baseAddress),
      let endOffset = length.addingChecked(baseOffset)
    else {
      throw MRDLError(
        .badHDF5, "the end of the file lies before its start", found: "\(fields.endAddress)",
        at: reader.place(baseOffset))
    }
    guard endOffset <= storage.byteCount else {
      throw MRDLError(
        .truncatedHDF5, "the file is shorter than it states", found: "\(storage.byteCount) bytes",
        expected: "\(endOffset)")
    }
    self.endOffset = endOffset
  }
}

extension HDF5Superblock {
  /// What both layouts of the superblock hold.
  private struct Fields {
    let addressByteCount: Int
    let lengthByteCount: Int
    let baseAddress: UInt64
    let endAddress: UInt64
    let rootAddress: UInt64?
    let extensionAddress: UInt64?

    /// Versions 0 and 1.
    init(old reader: inout ByteReader, version: Int) throws(MRDLError) {
      // Versions of free space and root entry, a reserved byte, the version of shared messages.
      try reader.skip(byteCount: 4)
      addressByteCount = try Self.readSize(&reader, of: "an address")
      lengthByteCount = try Self.readSize(&reader, of: "a length")
      // A reserved byte, two numbers of B-tree entries, flags; version 1 adds a third number.
      try reader.skip(byteCount: version == 0 ? 9 : 13)
      baseAddress = try reader.readUnsigned(byteCount: addressByteCount)
      try reader.skip(byteCount: addressByteCount)
      endAddress = try reader.readUnsigned(byteCount: addressByteCount)
      let driver = try Self.readAddress(&reader, addressByteCount)
      guard driver == nil else {
        throw MRDLError(
          .unsupportedHDF5, "the file is one of several of a multi or family file driver",
          at: reader.place())
      }
      // The entry of the root group: the offset of its name comes first.
      try reader.skip(byteCount: addressByteCount)
      rootAddress = try Self.readAddress(&reader, addressByteCount)
      extensionAddress = nil
    }

    /// Versions 2 and 3.
    init(new reader: inout ByteReader, start: Int, version: Int) throws(MRDLError) {
      addressByteCount = try Self.readSize(&reader, of: "an address")
      lengthByteCount = try Self.readSize(&reader, of: "a length")
      let flags = try reader.readInteger(UInt8.self)
      baseAddress = try reader.readUnsigned(byteCount: addressByteCount)
      extensionAddress = try Self.readAddress(&reader, addressByteCount)
      endAddress = try reader.readUnsigned(byteCount: addressByteCount)
      rootAddress = try Self.readAddress(&reader, addressByteCount)
      let end = reader.byteOffset
      let stated = try reader.readInteger(UInt32.self)
      let computed = reader.storage.withUnsafeBytes { bytes in
        HDF5Checksum.lookup3(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      }
      guard stated == computed else {
        throw MRDLError(
          .badHDF5Checksum, "the checksum of the superblock does not match",
          found: String(computed, radix: 16), expected: String(stated, radix: 16),
          at: reader.place(end))
      }
      guard version == 2 || flags & 0b101 == 0 else {
        throw MRDLError(
          .unsupportedHDF5, "the file is still being written, or its writer did not close it",
          at: reader.place(start))
      }
    }

    private static func readSize(
      _ reader: inout ByteReader, of what: String
    ) throws(MRDLError) -> Int {
      let size = Int(try reader.readInteger(UInt8.self))
      guard size == 2 || size == 4 || size == 8 else {
        throw MRDLError(
          .unsupportedHDF5, "the size of \(what) is not known", found: "\(size) bytes",
          expected: "2, 4 or 8", at: reader.place())
      }
      return size
    }

    private static func readAddress(
      _ reader: inout ByteReader, _ byteCount: Int
    ) throws(MRDLError) -> UInt64? {
      let value = try reader.readUnsigned(byteCount: byteCount)
      return value == HDF5Cursor.undefined(byteCount: byteCount) ? nil : value
    }
  }
}
