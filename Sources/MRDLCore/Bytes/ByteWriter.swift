/// Bytes that grow at their end, for small structures; tensors are streamed by `FileWriter`.
public struct ByteWriter: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  /// Appends an integer, little-endian.
  public mutating func append<Integer: FixedWidthInteger>(_ value: Integer) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Appends an integer, big-endian.
  public mutating func appendBigEndian<Integer: FixedWidthInteger>(_ value: Integer) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  public mutating func append(contentsOf more: some Sequence<UInt8>) {
    bytes.append(contentsOf: more)
  }

  /// Appends zeros until the count is a multiple of `alignment`.
  public mutating func pad(toMultipleOf alignment: Int) {
    precondition(alignment > 0, "an alignment of \(alignment)")
    while bytes.count % alignment != 0 { bytes.append(0) }
  }
}
