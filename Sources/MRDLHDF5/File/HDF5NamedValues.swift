import MRDLCore

/// An attribute as its message has it, before it belongs to an object with a path.
struct HDF5NamedValues: Sendable {
  let name: String
  /// The value; attributes of a kind that cannot be read are listed all the same.
  let content: Result<HDF5Values, MRDLError>

  /// All attributes of an object: in the order of creation where it is tracked, else by name.
  ///
  /// - Complexity: O(n log n) in the attributes.
  static func all(
    _ source: HDF5Source, _ header: HDF5ObjectHeader
  ) throws(MRDLError) -> [HDF5NamedValues] {
    var found: [(attribute: HDF5NamedValues, order: UInt32?)] = []
    for message in header.all(.attribute) {
      let body = try HDF5SharedMessage.resolve(message)
      found.append((try HDF5NamedValues(body), message.creationIndex.map { UInt32($0) }))
    }
    var tracksOrder = false
    if let message = header.first(.attributeInfo) {
      try appendDense(source, message.body, &found, &tracksOrder)
    }
    if tracksOrder && found.allSatisfy({ $0.order != nil }) {
      found.sort { ($0.order ?? 0) < ($1.order ?? 0) }
    } else {
      found.sort { $0.attribute.name.utf8.lexicographicallyPrecedes($1.attribute.name.utf8) }
    }
    var names: Set<String> = []
    for (attribute, _) in found where !names.insert(attribute.name).inserted {
      throw MRDLError(
        .badHDF5, "an object has two attributes of the same name",
        found: "\"\(attribute.name)\"")
    }
    return found.map(\.attribute)
  }

  private static func appendDense(
    _ source: HDF5Source, _ message: HDF5Cursor,
    _ found: inout [(attribute: HDF5NamedValues, order: UInt32?)], _ tracksOrder: inout Bool
  ) throws(MRDLError) {
    var cursor = message
    try cursor.readVersion(0, of: "the attributes of an object")
    let flags = try cursor.readUInt8()
    tracksOrder = flags & 0x01 != 0
    if tracksOrder { try cursor.skip(byteCount: 2) }
    let heapAddress = try cursor.readAddress()
    let treeAddress = try cursor.readAddress()
    guard let heapAddress else { return }
    guard let treeAddress else { throw message.bad("the attributes of an object have no index") }
    let heap = try HDF5FractalHeap(source, address: heapAddress)
    let tree = try HDF5BTree2(source, address: treeAddress)
    guard tree.type == .attributeName else {
      throw message.bad("the attributes of an object have an index of the wrong type")
    }
    try tree.forEach { (record) throws(MRDLError) in
      let id = try record.readPart(byteCount: heap.objectIDByteCount)
      let flags = try record.readUInt8()
      let order = try record.readUInt32()
      guard flags & 0x02 == 0 else {
        throw record.unsupported("an attribute is in the file's heap of shared messages")
      }
      found.append((try HDF5NamedValues(try heap.object(id)), order))
    }
  }

  /// Decodes an attribute message.
  init(_ message: HDF5Cursor) throws(MRDLError) {
    var cursor = message
    let version = try cursor.readUInt8()
    guard (1...3).contains(version) else {
      throw message.unsupported(
        "the version of an attribute is not known", found: "\(version)", expected: "1 to 3")
    }
    // Version 1 has a reserved byte here and pads every part to a multiple of eight bytes.
    let flags = try cursor.readUInt8()
    let nameByteCount = Int(try cursor.readUInt16())
    let datatypeByteCount = Int(try cursor.readUInt16())
    let dataspaceByteCount = Int(try cursor.readUInt16())
    if version == 3 { try cursor.skip(byteCount: 1) }
    let unit = version == 1 ? 8 : 1
    func padded(_ byteCount: Int) -> Int { (byteCount + unit - 1) / unit * unit }
    let nameBytes = try cursor.readBytes(byteCount: padded(nameByteCount))
    name = String(decoding: nameBytes.prefix { $0 != 0 }, as: UTF8.self)
    let limit = message.source.limits.nameByteCount
    guard nameByteCount <= limit + 1 else {
      throw message.bad(
        "the name of an attribute is too long", found: "\(nameByteCount) bytes",
        expected: "at most \(limit)")
    }
    let datatype = try cursor.readPart(byteCount: padded(datatypeByteCount))
    let dataspace = try cursor.readPart(byteCount: padded(dataspaceByteCount))
    do {
      content = .success(
        try Self.values(
          datatype, dataspace, cursor, flags: version == 1 ? 0 : flags))
    } catch  where error.code == .unsupportedHDF5 {
      content = .failure(error)
    }
  }

  private static func values(
    _ datatypeMessage: HDF5Cursor, _ dataspaceMessage: HDF5Cursor, _ data: HDF5Cursor,
    flags: UInt8
  ) throws(MRDLError) -> HDF5Values {
    let datatype = try HDF5Datatype(
      flags & 0x01 == 0
        ? datatypeMessage : try HDF5SharedMessage.resolve(datatypeMessage, kind: .datatype))
    let dataspace = try HDF5Dataspace(
      flags & 0x02 == 0
        ? dataspaceMessage : try HDF5SharedMessage.resolve(dataspaceMessage, kind: .dataspace))
    guard let byteCount = HDF5Values.byteCount(datatype, dataspace) else {
      throw data.bad("an attribute has too many elements")
    }
    guard byteCount <= data.remainingByteCount else {
      throw MRDLError(
        .truncatedHDF5, "an attribute ends early", found: "\(data.remainingByteCount) bytes left",
        expected: "\(byteCount)", at: data.place)
    }
    return HDF5Values(
      datatype: datatype, dataspace: dataspace, storage: data.storage,
      byteOffset: data.byteOffset)
  }
}
