import MRDLCore
import MRDLModel

/// Names and rules of the `.h5` encoding as mrdl(5) describes it: the one place that
/// reader and writer take them from.
package enum HDF5ContainerLayout {
  /// Attributes of the root group.
  package enum Attribute {
    /// Two integers: major and minor version. Its presence tells that a file is a model.
    package static let version = "mrdl_version"
    /// One integer without sign, a bit for each feature.
    package static let requiredFeatures = "mrdl_required_features"
    /// 32 bytes: the SHA-256 of the header.
    package static let headerDigest = "mrdl_header_digest"
    /// 32 bytes: the digest that vouches for the content.
    package static let rootDigest = "mrdl_root_digest"
  }

  /// The data set of the root group with the bytes of the header's JSON.
  package static let header = "header"
  /// The data set of the root group with the digests of the tensors, `[tensors, 32]`.
  package static let digests = "digests"
  /// The group with one data set a tensor.
  package static let tensors = "tensors"

  /// The name of a tensor's data set: `%`, `/`, zero and a full stop at the start, which mean something
  /// in paths of HDF5, become `%` and two hexadecimal digits.
  package static func linkName(ofTensor name: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(name.utf8.count)
    for byte in name.utf8 {
      let isSpecial =
        byte == UInt8(ascii: "%") || byte == UInt8(ascii: "/") || byte == 0
        || (byte == UInt8(ascii: ".") && bytes.isEmpty)
      if isSpecial {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The path of a tensor's data set.
  package static func path(ofTensor name: String) -> String {
    "/\(tensors)/\(linkName(ofTensor: name))"
  }

  /// The type that elements are stored in: their own, or bytes for types that HDF5 has no name for.
  package static func storedType(of type: ScalarType) -> ScalarType {
    type.isComputable ? type : .uint8
  }

  /// The extents of a tensor's data set: its own, or the number of bytes for packed elements.
  ///
  /// - Returns: nil where the bytes cannot be counted.
  package static func storedShape(of tensor: TensorInfo) -> Shape? {
    guard let byteCount = tensor.byteCount else { return nil }
    return tensor.scalarType.bitWidth < 8 ? Shape([byteCount]) : tensor.shape
  }

  /// The SHA-256 of the version (two integers of 16 bits), the required features (64 bits, both
  /// little-endian), the digest of the header and the digests of all tensors.
  package static func rootDigest(
    version: ModelHeader.Version, requiredFeatures: RequiredFeatures, headerDigest: Digest,
    digestTable: [UInt8]
  ) -> Digest {
    var front = ByteWriter()
    front.append(UInt16(truncatingIfNeeded: version.major))
    front.append(UInt16(truncatingIfNeeded: version.minor))
    front.append(requiredFeatures.rawValue)
    front.append(contentsOf: headerDigest.bytes)
    return Digest(of: front.bytes + digestTable)
  }
}
