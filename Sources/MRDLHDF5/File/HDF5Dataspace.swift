import MRDLCore

/// The extents of a data set or an attribute (specification IV.A.2.b).
package struct HDF5Dataspace: Sendable, Hashable {
  /// The current extents; empty for a scalar.
  package let shape: Shape
  /// The extents up to which the data may grow, nil for no limit.
  package let maximum: [UInt64?]
  /// Whether there are no elements at all, not even one.
  package let isNull: Bool

  /// The number of elements.
  package var elementCount: Int { isNull ? 0 : shape.elementCount }

  init(_ message: HDF5Cursor) throws(MRDLError) {
    var cursor = message
    let version = try cursor.readUInt8()
    guard version == 1 || version == 2 else {
      throw message.unsupported(
        "the version of a data space is not known", found: "\(version)", expected: "1 or 2")
    }
    let rank = Int(try cursor.readUInt8())
    let flags = try cursor.readUInt8()
    guard rank <= message.source.limits.rank else {
      throw message.bad(
        "a data space has too many extents", found: "\(rank)",
        expected: "at most \(message.source.limits.rank)")
    }
    if version == 1 {
      try cursor.skip(byteCount: 5)
      isNull = false
    } else {
      let kind = try cursor.readUInt8()
      guard kind <= 2, kind == 1 || rank == 0 else {
        throw message.bad("a data space has an unknown kind", found: "\(kind)")
      }
      isNull = kind == 2
    }
    var extents: [Int] = []
    for _ in 0..<rank {
      let extent = try cursor.readLength()
      guard let extent = Int(exactly: extent) else {
        throw message.bad("an extent is too large", found: "\(extent)")
      }
      extents.append(extent)
    }
    guard let shape = Shape(checking: extents) else {
      throw message.bad("a data space has too many elements", found: "\(extents)")
    }
    self.shape = shape
    guard flags & 0x01 != 0 else {
      maximum = extents.map { UInt64($0) }
      return
    }
    let unlimited = HDF5Cursor.undefined(
      byteCount: message.source.superblock.lengthByteCount)
    var maximum: [UInt64?] = []
    for extent in extents {
      let value = try cursor.readLength()
      guard value >= UInt64(extent) else {
        throw message.bad(
          "an extent is larger than its maximum", found: "\(extent)", expected: "\(value)")
      }
      maximum.append(value == unlimited ? nil : value)
    }
    self.maximum = maximum
  }
}
