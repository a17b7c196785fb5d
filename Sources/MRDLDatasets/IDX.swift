internal import MRDLCompression
package import MRDLCore

/// The IDX format of the MNIST family: a type, the extents, and the elements big-endian.
///
/// Layout: two zero bytes, a byte for the type, a byte for the rank, a big-endian 32-bit extent for each
/// axis, then the elements in row-major order. A file may be compressed by gzip.
package enum IDX {
  /// Reads a file, plain or gzip.
  ///
  /// - Returns: a tensor of the type and shape that the file states. Bytes of a file that is not compressed
  ///   stay mapped and are read as they are needed; other types are copied once.
  /// - Throws: `MRDL5001` for a file that is not IDX or whose length does not fit its extents.
  package static func read(_ path: String, limits: Limits = .standard) throws(MRDLError) -> Tensor {
    do {
      return try decode(try FileContent.map(path), limits: limits)
    } catch {
      throw error.inFile(path)
    }
  }

  /// Reads the bytes of a file, plain or gzip.
  package static func decode(
    _ content: Storage, limits: Limits = .standard
  ) throws(MRDLError) -> Tensor {
    let isCompressed = content.withUnsafeBytes { $0.starts(with: [0x1F, 0x8B]) }
    guard isCompressed else { return try decodePlain(content, limits: limits) }
    let inflated = try content.withUnsafeBytes { (bytes) throws(MRDLError) in
      try Inflate.storage(from: bytes, format: .gzip, limits: limits)
    }
    return try decodePlain(inflated, limits: limits)
  }

  private static func decodePlain(_ content: Storage, limits: Limits) throws(MRDLError) -> Tensor {
    var reader = ByteReader(content, truncationCode: .badDataset)
    let magic = try reader.readBytes(byteCount: 4)
    guard magic[0] == 0, magic[1] == 0, let type = scalarType(magic[2]) else {
      throw MRDLError(
        .badDataset, "the file is not in the IDX format",
        found: "bytes \(magic.map { String($0, radix: 16) }.joined(separator: " "))",
        expected: "00 00, a type (08, 09, 0b, 0c, 0d or 0e) and a rank",
        at: Place(byteOffset: 0))
    }
    let rank = Int(magic[3])
    guard rank <= limits.rank else {
      throw MRDLError(
        .badDataset, "the file states too many axes", found: "\(rank)",
        expected: "at most \(limits.rank)", at: Place(byteOffset: 3))
    }
    var dimensions: [Int] = []
    for _ in 0..<rank { dimensions.append(Int(try reader.readBigEndianInteger(UInt32.self))) }
    guard let shape = Shape(checking: dimensions),
      let byteCount = type.byteCount(elementCount: shape.elementCount),
      byteCount == reader.remainingByteCount
    else {
      throw MRDLError(
        .badDataset, "the length of the file does not fit its extents",
        found: "\(reader.remainingByteCount) bytes",
        expected: "\(type.rawValue) \(dimensions)", at: reader.place())
    }
    return try tensor(type, shape, reader)
  }

  private static func scalarType(_ code: UInt8) -> ScalarType? {
    switch code {
    case 0x08: .uint8
    case 0x09: .int8
    case 0x0B: .int16
    case 0x0C: .int32
    case 0x0D: .float32
    case 0x0E: .float64
    default: nil
    }
  }

  /// Shares elements of one byte, and copies others, turning each around where the machine is little-endian.
  private static func tensor(
    _ type: ScalarType, _ shape: Shape, _ reader: ByteReader
  ) throws(MRDLError) -> Tensor {
    let width = type.elementByteCount ?? 1
    if width == 1 {
      return try Tensor(
        type, shape: shape, storage: reader.storage, byteOffset: reader.byteOffset)
    }
    var tensor = Tensor(zeros: shape, scalarType: type)
    tensor.withUnsafeMutableBytes { target in
      reader.withUnsafeRemainingBytes { source in
        target.copyMemory(from: source)
        switch width {
        case 2: swap(target, as: UInt16.self)
        case 4: swap(target, as: UInt32.self)
        case 8: swap(target, as: UInt64.self)
        default: break
        }
      }
    }
    return tensor
  }

  private static func swap<Bits: FixedWidthInteger>(
    _ bytes: UnsafeMutableRawBufferPointer, as type: Bits.Type
  ) {
    let elements = bytes.bindMemory(to: type)
    for index in elements.indices { elements[index] = Bits(bigEndian: elements[index]) }
  }
}
