package import MRDLCore

/// The `.npy` format of NumPy (versions 1 to 3): a header in Python's syntax, then the elements.
package enum NPY {
  private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// Reads an array. Elements that lie aligned, little-endian and in row-major order are shared with
  /// `content`, others are copied once.
  ///
  /// - Throws: `MRDL6002` for a file that is damaged or holds something else than numbers.
  package static func decode(
    _ content: Storage, limits: Limits = .standard
  ) throws(MRDLError) -> Tensor {
    try decode(ByteReader(content, truncationCode: .badNPY), limits: limits)
  }

  /// Reads the array of a file, which stays mapped as long as the tensor shares it.
  package static func read(
    _ path: String, limits: Limits = .standard
  ) throws(MRDLError) -> Tensor {
    let content = try FileContent.map(path)
    do {
      return try decode(content, limits: limits)
    } catch {
      throw error.inFile(path)
    }
  }

  /// Reads the array that `reader` stands before, which must reach to its end.
  package static func decode(
    _ reader: ByteReader, limits: Limits = .standard
  ) throws(MRDLError) -> Tensor {
    var reader = reader
    guard try reader.readBytes(byteCount: 6) == magic else {
      throw MRDLError(
        .badNPY, "the file is not a NumPy array", expected: "the bytes 93 4E 55 4D 50 59",
        at: reader.place(reader.lowerBound))
    }
    let major = try reader.readInteger(UInt8.self)
    _ = try reader.readInteger(UInt8.self)
    guard (1...3).contains(major) else {
      throw MRDLError(
        .badNPY, "the version of the NumPy format is not known", found: "\(major)",
        expected: "1 to 3", at: reader.place())
    }
    let headerByteCount =
      major == 1
      ? Int(try reader.readInteger(UInt16.self)) : Int(try reader.readInteger(UInt32.self))
    guard headerByteCount <= 1 << 20 else {
      throw MRDLError(
        .badNPY, "the header is too long", found: "\(headerByteCount) bytes", at: reader.place())
    }
    let place = reader.place()
    let header = try NPYHeader(
      try reader.readBytes(byteCount: headerByteCount), limits: limits, place: place)
    let tensor = try elements(header, reader)
    return header.isColumnMajor ? try rowMajor(tensor) : tensor
  }

  /// The bytes of a `.npy` file (version 1, little-endian, row-major) before the elements.
  ///
  /// - Throws: `MRDL1304` for a type that NumPy lacks; `bf16` is one.
  package static func header(of tensor: Tensor) throws(MRDLError) -> [UInt8] {
    guard let code = NPYHeader.code(of: tensor.scalarType) else {
      throw MRDLError(
        .unsupportedScalarType, "NumPy has no such type", found: tensor.scalarType.rawValue)
    }
    var shape = tensor.shape.dimensions.map(String.init).joined(separator: ", ")
    if tensor.shape.rank == 1 { shape += "," }
    var text = "{'descr': '\(code)', 'fortran_order': False, 'shape': (\(shape)), }"
    // The elements begin at a multiple of 64 bytes; the header ends with a line feed.
    let unpadded = magic.count + 4 + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    var writer = ByteWriter()
    writer.append(contentsOf: magic)
    writer.append(contentsOf: [1, 0])
    writer.append(UInt16(text.utf8.count))
    writer.append(contentsOf: text.utf8)
    return writer.bytes
  }

  /// Writes a tensor as a `.npy` file.
  package static func write(
    _ tensor: Tensor, to path: String, replacing: Bool
  ) throws(MRDLError) {
    let header = try header(of: tensor)
    var file = try AtomicFile(path: path, replacing: replacing)
    try file.write(header)
    // The runtime of Swift runs on little-endian machines only.
    try tensor.withUnsafeBytes { (bytes) throws(MRDLError) in try file.write(bytes) }
    try file.commit()
  }

  private static func elements(
    _ header: NPYHeader, _ reader: ByteReader
  ) throws(MRDLError) -> Tensor {
    let type = header.scalarType
    guard let byteCount = type.byteCount(elementCount: header.shape.elementCount),
      byteCount == reader.remainingByteCount
    else {
      throw MRDLError(
        .badNPY, "the length of the file does not fit its header",
        found: "\(reader.remainingByteCount) bytes of elements",
        expected: "\(type.rawValue) \(header.shape)", at: reader.place())
    }
    var tensor = try Tensor(
      type, shape: header.shape, storage: reader.storage, byteOffset: reader.byteOffset)
    let width = type.elementByteCount ?? 1
    if type == .bool { try requireBooleans(tensor, at: reader.place()) }
    if !tensor.isAligned(toByteCount: width) { tensor = tensor.copied() }
    guard header.isBigEndian && width > 1 else { return tensor }
    tensor.withUnsafeMutableBytes { bytes in
      for start in Swift.stride(from: 0, to: bytes.count, by: width) {
        bytes[start..<(start + width)].reverse()
      }
    }
    return tensor
  }

  /// Swift's `Bool` has two bit patterns; a byte with another one must never be read as one.
  private static func requireBooleans(_ tensor: Tensor, at place: Place) throws(MRDLError) {
    let wrong = tensor.withUnsafeBytes { bytes in bytes.firstIndex { $0 > 1 } }
    if let wrong {
      throw MRDLError(
        .badNPY, "element \(wrong) is not a truth value", expected: "a byte of 0 or 1",
        at: Place(byteOffset: (place.byteOffset ?? 0) + UInt64(wrong)))
    }
  }

  /// Turns elements with the first axis fastest into row-major order.
  private static func rowMajor(_ tensor: Tensor) throws(MRDLError) -> Tensor {
    let shape = tensor.shape
    let width = tensor.scalarType.elementByteCount ?? 1
    var result = Tensor(zeros: shape, scalarType: tensor.scalarType)
    result.withUnsafeMutableBytes { target in
      tensor.withUnsafeBytes { source in
        var position = [Int](repeating: 0, count: shape.rank)
        var columnStrides = [Int](repeating: 1, count: shape.rank)
        for axis in shape.dimensions.indices.dropFirst() {
          columnStrides[axis] = columnStrides[axis - 1] * shape[axis - 1]
        }
        for index in 0..<shape.elementCount {
          let from = zip(position, columnStrides).reduce(0) { $0 + $1.0 * $1.1 }
          for byte in 0..<width { target[index * width + byte] = source[from * width + byte] }
          for axis in shape.dimensions.indices.reversed() {
            position[axis] += 1
            if position[axis] < shape[axis] { break }
            position[axis] = 0
          }
        }
      }
    }
    return result
  }
}
