import MRDLCore

/// Elements as they are stored, and what they mean: the common part of data sets and attributes.
struct HDF5Values: Sendable {
  let datatype: HDF5Datatype
  let dataspace: HDF5Dataspace
  /// The bytes, in the file or decoded from it.
  let storage: Storage
  let byteOffset: Int

  /// The bytes of all elements, or nil where they cannot be counted.
  static func byteCount(_ datatype: HDF5Datatype, _ dataspace: HDF5Dataspace) -> Int? {
    dataspace.elementCount.multipliedChecked(by: datatype.byteCount)
  }

  private var byteCount: Int { Self.byteCount(datatype, dataspace) ?? 0 }

  /// Whether the bytes can be used where they are.
  var isMappable: Bool {
    datatype.isNative && !dataspace.isNull
      && (UInt(bitPattern: storage.base) + UInt(byteOffset)) % UInt(Storage.alignment) == 0
  }

  /// The elements as a tensor: in place if they are native and aligned, else copied.
  func tensor() throws(MRDLError) -> Tensor {
    guard case .number(let scalarType, _) = datatype.content else {
      throw MRDLError(
        .unsupportedHDF5, "the elements are not numbers", found: datatype.description)
    }
    guard !dataspace.isNull else {
      throw MRDLError(.unsupportedHDF5, "the data space is null: there is not even one element")
    }
    if scalarType == .bool { try checkTruthValues() }
    if isMappable {
      return try Tensor(
        scalarType, shape: dataspace.shape, storage: storage, byteOffset: byteOffset)
    }
    let copy = Storage(byteCount: byteCount)
    if byteCount > 0 {
      copy.base.copyMemory(from: storage.base + byteOffset, byteCount: byteCount)
    }
    if !datatype.isNative { Self.swapBytes(copy, elementByteCount: datatype.byteCount) }
    return try Tensor(scalarType, shape: dataspace.shape, storage: copy, byteOffset: 0)
  }

  /// A truth value is one byte of 0 or 1; anything else would be undefined as `Bool`.
  private func checkTruthValues() throws(MRDLError) {
    let bytes = UnsafeRawBufferPointer(start: storage.base + byteOffset, count: byteCount)
    var all: UInt8 = 0
    for byte in bytes { all |= byte }
    guard all <= 1 else {
      throw MRDLError(
        .badHDF5, "a truth value is neither 0 nor 1", found: "\(all)",
        at: Place(byteOffset: UInt64(byteOffset)))
    }
  }

  private static func swapBytes(_ storage: Storage, elementByteCount: Int) {
    switch elementByteCount {
    case 2:
      let values = storage.base.assumingMemoryBound(to: UInt16.self)
      for index in 0..<(storage.byteCount / 2) { values[index] = values[index].byteSwapped }
    case 4:
      let values = storage.base.assumingMemoryBound(to: UInt32.self)
      for index in 0..<(storage.byteCount / 4) { values[index] = values[index].byteSwapped }
    case 8:
      let values = storage.base.assumingMemoryBound(to: UInt64.self)
      for index in 0..<(storage.byteCount / 8) { values[index] = values[index].byteSwapped }
    default: break
    }
  }

  // MARK: Texts

  /// The elements as texts; none for a null data space.
  func strings(_ file: HDF5File) throws(MRDLError) -> [String] {
    let limit = file.source.limits.valueCount
    guard dataspace.elementCount <= limit else {
      throw MRDLError(
        .unsupportedHDF5, "there are too many texts", found: "\(dataspace.elementCount)",
        expected: "at most \(limit)")
    }
    switch datatype.content {
    case .fixedString(let padding): return try fixedStrings(padding)
    case .variableString: return try variableStrings(file)
    case .number, .other:
      throw MRDLError(
        .unsupportedHDF5, "the elements are not texts", found: datatype.description)
    }
  }

  private func fixedStrings(_ padding: HDF5Datatype.Padding) throws(MRDLError) -> [String] {
    var strings: [String] = []
    strings.reserveCapacity(dataspace.elementCount)
    for index in 0..<dataspace.elementCount {
      let start = byteOffset + index * datatype.byteCount
      let field = UnsafeRawBufferPointer(start: storage.base + start, count: datatype.byteCount)
      let length =
        switch padding {
        case .terminatedByNull: field.firstIndex(of: 0) ?? field.count
        case .nulls: (field.lastIndex { $0 != 0 } ?? -1) + 1
        case .spaces: (field.lastIndex { $0 != UInt8(ascii: " ") } ?? -1) + 1
        }
      strings.append(try Self.text(field[..<length], byteOffset: start))
    }
    return strings
  }

  /// Texts in the global heap. Each of them is kept there by itself, so that together they are
  /// smaller than the file.
  private func variableStrings(_ file: HDF5File) throws(MRDLError) -> [String] {
    var strings: [String] = []
    strings.reserveCapacity(dataspace.elementCount)
    var cursor = file.source.cursor(over: storage)
    try cursor.skip(byteCount: byteOffset)
    var total = 0
    for _ in 0..<dataspace.elementCount {
      let place = cursor.place
      let byteCount = try cursor.readUInt32()
      let address = try cursor.readAddress()
      let index = try cursor.readUInt32()
      guard byteCount > 0, let address, address != 0 else {
        strings.append("")
        continue
      }
      let range = try file.heapObject(collection: address, index: index)
      guard let range, Int(byteCount) <= range.count else {
        throw MRDLError(
          .badHDF5, "a text is not in the global heap",
          found: "object \(index) of \(byteCount) bytes", at: place)
      }
      total += Int(byteCount)
      guard total <= file.source.byteCount else {
        throw MRDLError(
          .badHDF5, "texts of the global heap overlap", expected: "at most the file's bytes",
          at: place)
      }
      let field = UnsafeRawBufferPointer(
        start: file.source.storage.base + range.lowerBound, count: Int(byteCount))
      let length = field.firstIndex(of: 0) ?? field.count
      strings.append(try Self.text(field[..<length], byteOffset: range.lowerBound))
    }
    return strings
  }

  private static func text(
    _ bytes: Slice<UnsafeRawBufferPointer>, byteOffset: Int
  ) throws(MRDLError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw MRDLError(
        .badHDF5, "a text is not valid UTF-8", at: Place(byteOffset: UInt64(byteOffset)))
    }
    return text
  }
}
