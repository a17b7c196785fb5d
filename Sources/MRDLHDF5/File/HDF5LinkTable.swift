import MRDLCore

/// The entries of a group, however the file keeps them.
struct HDF5LinkTable: Sendable {
  /// In the order in which they were made where the file tracks it, else by the bytes of their names.
  private(set) var links: [HDF5Link] = []
  private var indices: [String: Int] = [:]

  subscript(name: String) -> HDF5Link? { indices[name].map { links[$0] } }

  /// Whether an object is a group.
  static func isPresent(in header: HDF5ObjectHeader) -> Bool {
    header.messages.contains {
      $0.kind == .symbolTable || $0.kind == .linkInfo || $0.kind == .groupInfo
    }
  }

  /// Gathers all entries of a group.
  ///
  /// - Complexity: O(n log n) in the entries.
  init(_ source: HDF5Source, _ header: HDF5ObjectHeader) throws(MRDLError) {
    var gathered = Gathered(limit: source.limits.hdf5ObjectCount)
    if let message = header.first(.symbolTable) {
      try Self.readSymbolTable(source, message.body, &gathered)
    }
    for message in header.all(.link) {
      try gathered.append(try HDF5Link(message.body), message.body)
    }
    var tracksOrder = false
    if let message = header.first(.linkInfo) {
      tracksOrder = try Self.readDense(source, message.body, &gathered)
    }
    links = gathered.links
    if tracksOrder && links.allSatisfy({ $0.creationIndex != nil }) {
      links.sort { ($0.creationIndex ?? 0) < ($1.creationIndex ?? 0) }
    } else {
      links.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
    for (index, link) in links.enumerated() {
      guard indices.updateValue(index, forKey: link.name) == nil else {
        throw MRDLError(
          .badHDF5, "a group has two entries of the same name", found: "\"\(link.name)\"")
      }
    }
  }

  private struct Gathered {
    let limit: Int
    private(set) var links: [HDF5Link] = []

    init(limit: Int) { self.limit = limit }

    mutating func append(_ link: HDF5Link, _ cursor: HDF5Cursor) throws(MRDLError) {
      guard links.count < limit else {
        throw cursor.bad("a group has too many entries", expected: "at most \(limit)")
      }
      links.append(link)
    }
  }

  // MARK: Old-style groups

  private static func readSymbolTable(
    _ source: HDF5Source, _ message: HDF5Cursor, _ gathered: inout Gathered
  ) throws(MRDLError) {
    var cursor = message
    let tree = try cursor.readAddress()
    guard let tree, let heapAddress = try cursor.readAddress() else {
      throw message.bad("a group has no symbol table")
    }
    let heap = try HDF5LocalHeap(source, address: heapAddress)
    var walk = HDF5BTree1(
      source, type: .group, keyByteCount: source.superblock.lengthByteCount)
    try walk.forEach(root: tree) { (_, address) throws(MRDLError) in
      try readSymbolNode(source, heap, address, &gathered)
    }
  }

  private static func readSymbolNode(
    _ source: HDF5Source, _ heap: HDF5LocalHeap, _ address: UInt64, _ gathered: inout Gathered
  ) throws(MRDLError) {
    var cursor = try source.cursor(at: address)
    try cursor.readSignature("SNOD")
    try cursor.readVersion(1, of: "a symbol table node")
    try cursor.skip(byteCount: 1)
    let count = try cursor.readUInt16()
    for _ in 0..<count {
      let nameOffset = try cursor.readUnsigned(
        byteCount: source.superblock.addressByteCount)
      let object = try cursor.readAddress()
      let cacheType = try cursor.readUInt32()
      try cursor.skip(byteCount: 4)
      var scratch = try cursor.readPart(byteCount: 16)
      let name = try HDF5Link.name(try heap.text(atByteOffset: nameOffset), cursor)
      let target: HDF5Link.Target
      if cacheType == 2 {
        let path = try heap.text(atByteOffset: UInt64(try scratch.readUInt32()))
        target = .soft(path: String(decoding: path, as: UTF8.self))
      } else if let object {
        target = .object(address: object)
      } else {
        throw cursor.bad("a link has no address")
      }
      try gathered.append(HDF5Link(name: name, target: target, creationIndex: nil), cursor)
    }
  }

  // MARK: New-style groups

  /// Reads the links of a dense group, if it is one.
  ///
  /// - Returns: whether the group tracks the order of creation.
  private static func readDense(
    _ source: HDF5Source, _ message: HDF5Cursor, _ gathered: inout Gathered
  ) throws(MRDLError) -> Bool {
    var cursor = message
    try cursor.readVersion(0, of: "the links of a group")
    let flags = try cursor.readUInt8()
    let tracksOrder = flags & 0x01 != 0
    if tracksOrder { try cursor.skip(byteCount: 8) }
    let heapAddress = try cursor.readAddress()
    let treeAddress = try cursor.readAddress()
    guard let heapAddress else { return tracksOrder }
    guard let treeAddress else { throw message.bad("the links of a group have no index") }
    let heap = try HDF5FractalHeap(source, address: heapAddress)
    let tree = try HDF5BTree2(source, address: treeAddress)
    guard tree.type == .linkName else {
      throw message.bad("the links of a group have an index of the wrong type")
    }
    try tree.forEach { (record) throws(MRDLError) in
      // The hash of the name comes first.
      try record.skip(byteCount: 4)
      let id = try record.readPart(byteCount: heap.objectIDByteCount)
      try gathered.append(try HDF5Link(try heap.object(id)), record)
    }
    return tracksOrder
  }
}
