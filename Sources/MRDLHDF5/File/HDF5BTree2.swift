import MRDLCore

/// A B-tree of version 2: an index of links, attributes, huge objects and chunks
/// (specification III.A.2).
struct HDF5BTree2 {
  /// What the records of a tree describe.
  enum RecordType: UInt8 {
    case hugeObject = 1
    case filteredHugeObject = 2
    case directHugeObject = 3
    case directFilteredHugeObject = 4
    case linkName = 5
    case linkCreationOrder = 6
    case sharedMessage = 7
    case attributeName = 8
    case attributeCreationOrder = 9
    case chunk = 10
    case filteredChunk = 11
  }

  /// How the pointers to the children of a node are written; it depends on the node's depth.
  private struct Level {
    /// The most records that a node of this depth holds.
    let maximumCount: UInt64
    /// The most records of a node of this depth and all below it.
    let maximumTotal: UInt64
  }

  let type: RecordType
  let recordByteCount: Int
  /// The number of records of the tree.
  let recordCount: UInt64

  private let source: HDF5Source
  private let nodeByteCount: UInt64
  private let depth: Int
  private let root: (address: UInt64, recordCount: UInt64)?
  private let levels: [Level]

  /// The signature, version, type and checksum of a node.
  private static let nodeOverhead: UInt64 = 10
  /// Nodes have at least two children, so that 64 levels would be more records than can be counted.
  private static let maximumDepth = 64

  /// Reads the header of the tree.
  init(_ source: HDF5Source, address: UInt64) throws(MRDLError) {
    var cursor = try source.cursor(at: address)
    try cursor.readSignature("BTHD")
    try cursor.readVersion(0, of: "a B-tree")
    let typeNumber = try cursor.readUInt8()
    guard let type = RecordType(rawValue: typeNumber) else {
      throw cursor.bad("a B-tree has an unknown type", found: "\(typeNumber)")
    }
    self.source = source
    self.type = type
    nodeByteCount = UInt64(try cursor.readUInt32())
    recordByteCount = Int(try cursor.readUInt16())
    depth = Int(try cursor.readUInt16())
    try cursor.skip(byteCount: 2)
    let rootAddress = try cursor.readAddress()
    let rootCount = UInt64(try cursor.readUInt16())
    recordCount = try cursor.readLength()
    try cursor.readChecksum(of: "a B-tree")
    guard recordByteCount > 0, nodeByteCount > Self.nodeOverhead, depth <= Self.maximumDepth else {
      throw cursor.bad("a B-tree has impossible sizes")
    }
    root = rootAddress.map { ($0, rootCount) }
    levels = try Self.levels(
      depth: depth, nodeByteCount: nodeByteCount, recordByteCount: UInt64(recordByteCount),
      addressByteCount: UInt64(source.superblock.addressByteCount), cursor)
  }

  private static func levels(
    depth: Int, nodeByteCount: UInt64, recordByteCount: UInt64, addressByteCount: UInt64,
    _ cursor: HDF5Cursor
  ) throws(MRDLError) -> [Level] {
    let room = nodeByteCount - nodeOverhead
    let leafCount = room / recordByteCount
    var levels = [Level(maximumCount: leafCount, maximumTotal: leafCount)]
    let countByteCount = encodedByteCount(leafCount)
    for _ in 0..<depth {
      let below = levels[levels.count - 1]
      let totalByteCount = levels.count == 1 ? 0 : encodedByteCount(below.maximumTotal)
      let pointer = addressByteCount + countByteCount + totalByteCount
      // One pointer more than records.
      let maximum = room < pointer ? 0 : (room - pointer) / (recordByteCount + pointer)
      guard maximum > 0,
        let total = (maximum + 1).multipliedChecked(by: below.maximumTotal)?.addingChecked(maximum)
      else { throw cursor.bad("a B-tree has impossible sizes") }
      levels.append(Level(maximumCount: maximum, maximumTotal: total))
    }
    return levels
  }

  /// The bytes that a number up to `maximum` takes.
  private static func encodedByteCount(_ maximum: UInt64) -> UInt64 {
    UInt64((UInt64.bitWidth - max(maximum, 1).leadingZeroBitCount + 7) / 8)
  }

  /// Calls `body` with every record, in their order.
  ///
  /// - Complexity: O(n) in the records; no node is read twice.
  func forEach(_ body: (inout HDF5Cursor) throws(MRDLError) -> Void) throws(MRDLError) {
    guard let root else { return }
    var walk = Walk()
    try visit(root.address, recordCount: root.recordCount, depth: depth, &walk, body)
    guard walk.recordCount == recordCount else {
      throw MRDLError(
        .badHDF5, "a B-tree has another number of records than it states",
        found: "\(walk.recordCount)", expected: "\(recordCount)",
        at: Place(byteOffset: root.address))
    }
  }

  private struct Walk {
    var visited: Set<UInt64> = []
    var recordCount: UInt64 = 0
  }

  private func visit(
    _ address: UInt64, recordCount count: UInt64, depth: Int, _ walk: inout Walk,
    _ body: (inout HDF5Cursor) throws(MRDLError) -> Void
  ) throws(MRDLError) {
    var cursor = try source.cursor(at: address, byteCount: nodeByteCount)
    guard walk.visited.insert(address).inserted else {
      throw cursor.bad("a B-tree reaches a node twice")
    }
    guard count <= levels[depth].maximumCount else {
      throw cursor.bad(
        "a B-tree node has more records than it can hold", found: "\(count)",
        expected: "at most \(levels[depth].maximumCount)")
    }
    walk.recordCount += count
    guard walk.recordCount <= recordCount else {
      throw cursor.bad("a B-tree has more records than it states", expected: "\(recordCount)")
    }
    try cursor.readSignature(depth == 0 ? "BTLF" : "BTIN")
    try cursor.readVersion(0, of: "a B-tree node")
    guard try cursor.readUInt8() == type.rawValue else {
      throw cursor.bad("a B-tree node has another type than its tree")
    }
    // Both factors were found to be small against the node, which has 32 bits.
    var records = try cursor.readPart(byteCount: Int(count) * recordByteCount)
    guard depth > 0 else {
      try cursor.readChecksum(of: "a B-tree node")
      for _ in 0..<count {
        var record = try records.readPart(byteCount: recordByteCount)
        try body(&record)
      }
      return
    }
    var children: [(address: UInt64, recordCount: UInt64)] = []
    for _ in 0...count {
      guard let child = try cursor.readAddress() else {
        throw cursor.bad("a B-tree entry has no address")
      }
      let childCount = try cursor.readUnsigned(
        byteCount: Int(Self.encodedByteCount(levels[0].maximumCount)))
      if depth > 1 {
        _ = try cursor.readUnsigned(
          byteCount: Int(Self.encodedByteCount(levels[depth - 1].maximumTotal)))
      }
      children.append((child, childCount))
    }
    try cursor.readChecksum(of: "a B-tree node")
    for (index, child) in children.enumerated() {
      try visit(child.address, recordCount: child.recordCount, depth: depth - 1, &walk, body)
      if index < count {
        var record = try records.readPart(byteCount: recordByteCount)
        try body(&record)
      }
    }
  }
}
