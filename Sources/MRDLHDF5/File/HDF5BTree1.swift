import MRDLCore

/// A B-tree of version 1: the index of old-style groups and of chunks (specification III.A.1).
struct HDF5BTree1 {
  /// What the tree points to, which decides its keys.
  enum NodeType: UInt8 {
    case group = 0
    case chunks = 1
  }

  private let source: HDF5Source
  private let type: NodeType
  private let keyByteCount: Int
  private var visited: Set<UInt64> = []

  init(_ source: HDF5Source, type: NodeType, keyByteCount: Int) {
    self.source = source
    self.type = type
    self.keyByteCount = keyByteCount
  }

  /// Calls `body` with every key of the leaves and the address that follows it, in their order.
  ///
  /// - Complexity: O(n) in the entries; no node is read twice.
  mutating func forEach(
    root: UInt64, _ body: (inout HDF5Cursor, UInt64) throws(MRDLError) -> Void
  ) throws(MRDLError) {
    try visit(root, level: nil, body)
  }

  private mutating func visit(
    _ address: UInt64, level expectedLevel: UInt8?,
    _ body: (inout HDF5Cursor, UInt64) throws(MRDLError) -> Void
  ) throws(MRDLError) {
    var cursor = try source.cursor(at: address)
    guard visited.insert(address).inserted else {
      throw cursor.bad("a B-tree reaches a node twice")
    }
    try cursor.readSignature("TREE")
    let type = try cursor.readUInt8()
    guard type == self.type.rawValue else {
      throw cursor.bad(
        "a B-tree node has the wrong type", found: "\(type)", expected: "\(self.type.rawValue)")
    }
    let level = try cursor.readUInt8()
    // Levels that fall by one each step keep the depth below 256.
    guard level == expectedLevel ?? level else {
      throw cursor.bad(
        "a B-tree node has the wrong level", found: "\(level)",
        expected: "\(expectedLevel ?? level)")
    }
    let entryCount = try cursor.readUInt16()
    _ = try cursor.readAddress()
    _ = try cursor.readAddress()
    for _ in 0..<entryCount {
      var key = try cursor.readPart(byteCount: keyByteCount)
      guard let child = try cursor.readAddress() else {
        throw cursor.bad("a B-tree entry has no address")
      }
      if level == 0 {
        try body(&key, child)
      } else {
        try visit(child, level: level - 1, body)
      }
    }
  }
}
