import MRDLCore
import MRDLModel

/// The first 128 bytes of a `.mrdl` file, described in mrdl(5); integers are little-endian.
struct Prelude {
  /// The number of bytes.
  static let byteCount = 128
  /// The number of bytes that the root digest covers: everything before itself.
  static let rootedByteCount = 96
  /// A byte outside ASCII, the name, and line ends and ^Z that a transfer as text would change.
  static let magic: [UInt8] = [0x8A, 0x4D, 0x52, 0x44, 0x4C, 0x0D, 0x0A, 0x1A]

  let version: ModelHeader.Version
  let requiredFeatures: RequiredFeatures
  let layout: ContainerLayout
  let headerDigest: Digest
  /// The SHA-256 of the first 96 bytes and the digest table.
  let rootDigest: Digest
}

// MARK: Writing

extension Prelude {
  /// The bytes of the prelude of a file.
  ///
  /// - Parameter digestTable: the digests of all tensors, one after the other.
  static func encoded(
    version: ModelHeader.Version, requiredFeatures: RequiredFeatures, layout: ContainerLayout,
    headerDigest: Digest, digestTable: [UInt8]
  ) -> (bytes: [UInt8], rootDigest: Digest) {
    var writer = ByteWriter()
    writer.append(contentsOf: magic)
    writer.append(UInt16(version.major))
    writer.append(UInt16(version.minor))
    writer.append(UInt32(0))  // optional features
    writer.append(requiredFeatures.rawValue)
    writer.append(UInt32(layout.header.lowerBound))
    writer.append(UInt32(layout.header.count))
    writer.append(UInt32(layout.digestTable.lowerBound))
    writer.append(UInt32(layout.tensorCount))
    writer.append(UInt64(layout.data.lowerBound))
    writer.append(UInt64(layout.data.count))
    writer.append(UInt64(layout.fileByteCount))
    writer.append(contentsOf: headerDigest.bytes)
    let rootDigest = writer.bytes.withUnsafeBytes { rooted in
      digestTable.withUnsafeBytes { self.rootDigest(rootedBytes: rooted, digestTable: $0) }
    }
    writer.append(contentsOf: rootDigest.bytes)
    return (writer.bytes, rootDigest)
  }

  /// The one value that vouches for a whole file.
  static func rootDigest(
    rootedBytes: UnsafeRawBufferPointer, digestTable: UnsafeRawBufferPointer
  ) -> Digest {
    var hasher = SHA256()
    hasher.update(rootedBytes)
    hasher.update(digestTable)
    return hasher.finalize()
  }
}
