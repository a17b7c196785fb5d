import MRDLCore

/// A fractal heap: where dense groups keep their links and objects their dense attributes
/// (specification III.G).
///
/// Managed objects lie in a linear space that a doubling table divides into blocks: rows of `width`
/// blocks, the first two rows of the starting size, each further row of twice the size before it.
/// Blocks up to a certain size hold objects, larger ones are tables of the same form.
final class HDF5FractalHeap {
  private let source: HDF5Source
  private let address: UInt64
  private let idByteCount: Int
  private let hasBlockChecksums: Bool
  private let maximumManagedByteCount: UInt64
  private let hugeIndexAddress: UInt64?
  private let width: UInt64
  private let startingBlockByteCount: UInt64
  private let maximumDirectBlockByteCount: UInt64
  private let heapBitCount: Int
  private let root: UInt64?
  private let rootRowCount: Int
  private let pipeline: HDF5FilterPipeline?
  /// Stored size and filter mask of a root block that went through filters.
  private let filteredRoot: (byteCount: UInt64, mask: UInt32)?

  private var directBlocks: [UInt64: HDF5Cursor] = [:]
  private var indirectBlocks: [UInt64: [Entry]] = [:]
  private var hugeObjects: [UInt64: HugeObject]?

  /// A child of an indirect block.
  private struct Entry {
    let address: UInt64?
    let filtered: (byteCount: UInt64, mask: UInt32)?
  }

  /// An object too large for the blocks.
  private struct HugeObject {
    let address: UInt64
    let byteCount: UInt64
    let filtered: (byteCount: UInt64, mask: UInt32)?
  }

  /// Reads the header of the heap.
  init(_ source: HDF5Source, address: UInt64) throws(MRDLError) {
    self.source = source
    self.address = address
    var cursor = try source.cursor(at: address)
    try cursor.readSignature("FRHP")
    try cursor.readVersion(0, of: "a fractal heap")
    idByteCount = Int(try cursor.readUInt16())
    let filterByteCount = Int(try cursor.readUInt16())
    hasBlockChecksums = try cursor.readUInt8() & 0x02 != 0
    maximumManagedByteCount = UInt64(try cursor.readUInt32())
    _ = try cursor.readLength()
    hugeIndexAddress = try cursor.readAddress()
    // Free space, its manager, sizes and counts of the kinds of objects.
    try cursor.skip(
      byteCount: 9 * source.superblock.lengthByteCount + source.superblock.addressByteCount)
    width = UInt64(try cursor.readUInt16())
    startingBlockByteCount = try cursor.readLength()
    maximumDirectBlockByteCount = try cursor.readLength()
    heapBitCount = Int(try cursor.readUInt16())
    _ = try cursor.readUInt16()
    root = try cursor.readAddress()
    rootRowCount = Int(try cursor.readUInt16())
    if filterByteCount > 0 {
      filteredRoot = (try cursor.readLength(), try cursor.readUInt32())
      let message = try cursor.readPart(byteCount: filterByteCount)
      pipeline = try HDF5FilterPipeline(message)
    } else {
      filteredRoot = nil
      pipeline = nil
    }
    try cursor.readChecksum(of: "a fractal heap")
    guard Self.isPowerOf2(width), Self.isPowerOf2(startingBlockByteCount),
      Self.isPowerOf2(maximumDirectBlockByteCount),
      startingBlockByteCount <= maximumDirectBlockByteCount, idByteCount > 0,
      maximumDirectBlockByteCount <= UInt64(UInt32.max), (1...64).contains(heapBitCount),
      rootRowCount <= 64
    else { throw cursor.bad("a fractal heap has impossible sizes") }
  }

  private static func isPowerOf2(_ value: UInt64) -> Bool { value.nonzeroBitCount == 1 }

  /// The number of bytes that name an object.
  var objectIDByteCount: Int { idByteCount }

  /// The bytes of the object with the given name.
  func object(_ id: HDF5Cursor) throws(MRDLError) -> HDF5Cursor {
    var id = id
    let first = try id.readUInt8()
    guard first & 0xC0 == 0 else {
      throw id.unsupported("the version of a heap ID is not known", found: "\(first >> 6)")
    }
    switch first >> 4 & 0x03 {
    case 0: return try managedObject(&id)
    case 1: return try hugeObject(&id)
    case 2: return try tinyObject(&id, first)
    default: throw id.bad("a heap ID has an unknown type", found: "\(first)")
    }
  }

  // MARK: Managed objects

  private var offsetByteCount: Int { (heapBitCount + 7) / 8 }

  private func managedObject(_ id: inout HDF5Cursor) throws(MRDLError) -> HDF5Cursor {
    let offset = try id.readUnsigned(byteCount: offsetByteCount)
    let lengthByteCount = min(
      (maximumDirectBlockByteCount.trailingZeroBitCount + 7) / 8,
      (UInt64.bitWidth - max(maximumManagedByteCount, 1).leadingZeroBitCount + 7) / 8)
    let byteCount = try id.readUnsigned(byteCount: lengthByteCount)
    guard let root else { throw id.bad("a heap has no objects") }
    if rootRowCount == 0 {
      return try object(
        inBlockAt: root, blockOffset: 0, blockByteCount: startingBlockByteCount,
        filtered: filteredRoot, offset: offset, byteCount: byteCount)
    }
    return try object(
      inTableAt: root, rowCount: rootRowCount, tableOffset: 0, offset: offset,
      byteCount: byteCount)
  }

  /// The size of the blocks in a row.
  private func blockByteCount(row: Int) -> UInt64? {
    startingBlockByteCount.multipliedChecked(by: 1 << UInt64(max(row - 1, 0)))
  }

  private func object(
    inTableAt table: UInt64, rowCount: Int, tableOffset: UInt64, offset: UInt64, byteCount: UInt64
  ) throws(MRDLError) -> HDF5Cursor {
    var rowOffset: UInt64 = 0
    let place = try source.cursor(at: table)
    for row in 0..<rowCount {
      guard let size = blockByteCount(row: row), let rowSize = size.multipliedChecked(by: width),
        let nextOffset = rowOffset.addingChecked(rowSize)
      else { break }
      defer { rowOffset = nextOffset }
      guard offset - tableOffset < nextOffset else { continue }
      let column = (offset - tableOffset - rowOffset) / size
      let blockOffset = tableOffset + rowOffset + column * size
      let entries = try entries(ofTableAt: table, rowCount: rowCount, tableOffset: tableOffset)
      let entry = entries[row * Int(width) + Int(column)]
      guard let child = entry.address else { throw place.bad("a heap lacks a block") }
      if size <= maximumDirectBlockByteCount {
        return try object(
          inBlockAt: child, blockOffset: blockOffset, blockByteCount: size,
          filtered: entry.filtered, offset: offset, byteCount: byteCount)
      }
      // The rows of a table that stands for a block of this size; fewer with each step down.
      let firstRow = startingBlockByteCount.multipliedChecked(by: width) ?? .max
      let childRows = firstRow.leadingZeroBitCount - size.leadingZeroBitCount + 1
      guard (1...row).contains(childRows) else {
        throw place.bad("a heap has impossible tables")
      }
      return try object(
        inTableAt: child, rowCount: childRows, tableOffset: blockOffset, offset: offset,
        byteCount: byteCount)
    }
    throw place.bad("a heap ID lies outside its heap", found: "\(offset)")
  }

  private func entries(
    ofTableAt table: UInt64, rowCount: Int, tableOffset: UInt64
  ) throws(MRDLError) -> [Entry] {
    if let known = indirectBlocks[table] {
      guard known.count == rowCount * Int(width) else {
        throw MRDLError(.badHDF5, "a heap has impossible tables", at: Place(byteOffset: table))
      }
      return known
    }
    var cursor = try source.cursor(at: table)
    try cursor.readSignature("FHIB")
    try readBlockPrefix(&cursor, blockOffset: tableOffset)
    var entries: [Entry] = []
    for row in 0..<rowCount {
      let isDirect = (blockByteCount(row: row) ?? .max) <= maximumDirectBlockByteCount
      for _ in 0..<width {
        let address = try cursor.readAddress()
        var filtered: (UInt64, UInt32)?
        if pipeline != nil && isDirect {
          filtered = (try cursor.readLength(), try cursor.readUInt32())
        }
        entries.append(Entry(address: address, filtered: filtered))
      }
    }
    try cursor.readChecksum(of: "a heap block")
    indirectBlocks[table] = entries
    return entries
  }

  private func readBlockPrefix(
    _ cursor: inout HDF5Cursor, blockOffset: UInt64
  ) throws(MRDLError) {
    try cursor.readVersion(0, of: "a heap block")
    guard try cursor.readAddress() == address else {
      throw cursor.bad("a heap block belongs to another heap")
    }
    let stated = try cursor.readUnsigned(byteCount: offsetByteCount)
    guard stated == blockOffset else {
      throw cursor.bad(
        "a heap block has the wrong offset", found: "\(stated)", expected: "\(blockOffset)")
    }
  }

  private func object(
    inBlockAt block: UInt64, blockOffset: UInt64, blockByteCount: UInt64,
    filtered: (byteCount: UInt64, mask: UInt32)?, offset: UInt64, byteCount: UInt64
  ) throws(MRDLError) -> HDF5Cursor {
    var cursor: HDF5Cursor
    if let known = directBlocks[block] {
      cursor = known
    } else {
      cursor = try directBlock(
        at: block, blockOffset: blockOffset, byteCount: blockByteCount, filtered: filtered)
      directBlocks[block] = cursor
    }
    // A block that is reached by two addresses was checked for the first of them only.
    guard offset >= blockOffset, let start = Int(exactly: offset - blockOffset),
      start <= cursor.remainingByteCount
    else {
      throw cursor.bad("a heap object lies outside its block")
    }
    try cursor.skip(byteCount: start)
    return try cursor.readPart(byteCount: byteCount)
  }

  /// A block of objects, checked.
  private func directBlock(
    at block: UInt64, blockOffset: UInt64, byteCount: UInt64,
    filtered: (byteCount: UInt64, mask: UInt32)?
  ) throws(MRDLError) -> HDF5Cursor {
    let whole: HDF5Cursor
    if let filtered, let pipeline {
      let stored = try source.cursor(at: block, byteCount: filtered.byteCount)
      whole = source.cursor(
        over: try pipeline.decoded(stored, mask: filtered.mask, byteCount: byteCount))
    } else {
      whole = try source.cursor(at: block, byteCount: byteCount)
    }
    var cursor = whole
    try cursor.readSignature("FHDB")
    try readBlockPrefix(&cursor, blockOffset: blockOffset)
    guard hasBlockChecksums else { return whole }
    // The checksum covers the block with zeros in its own place.
    let checksumOffset = cursor.consumedByteCount
    let place = cursor.place
    let stated = try cursor.readUInt32()
    var copy = whole
    var bytes = try copy.readBytes(byteCount: whole.remainingByteCount)
    for index in 0..<4 { bytes[checksumOffset + index] = 0 }
    let computed = bytes.withUnsafeBytes { HDF5Checksum.lookup3($0) }
    guard stated == computed else {
      throw MRDLError(
        .badHDF5Checksum, "the checksum of a heap block does not match",
        found: String(computed, radix: 16), expected: String(stated, radix: 16), at: place)
    }
    return whole
  }

  // MARK: Huge and tiny objects

  private func hugeObject(_ id: inout HDF5Cursor) throws(MRDLError) -> HDF5Cursor {
    let addressByteCount = source.superblock.addressByteCount
    let lengthByteCount = source.superblock.lengthByteCount
    let directByteCount =
      1 + addressByteCount + lengthByteCount + (pipeline == nil ? 0 : 4 + lengthByteCount)
    let found: HugeObject
    if idByteCount >= directByteCount {
      found = try readHugeObject(&id, isFiltered: pipeline != nil)
    } else {
      let key = try id.readUnsigned(byteCount: min(idByteCount - 1, lengthByteCount))
      guard let object = try hugeObjectTable(id)[key] else {
        throw id.bad("a heap lacks a huge object", found: "\(key)")
      }
      found = object
    }
    let stored = try source.cursor(at: found.address, byteCount: found.byteCount)
    guard let filtered = found.filtered, let pipeline else { return stored }
    return source.cursor(
      over: try pipeline.decoded(stored, mask: filtered.mask, byteCount: filtered.byteCount))
  }

  private func readHugeObject(
    _ cursor: inout HDF5Cursor, isFiltered: Bool
  ) throws(MRDLError) -> HugeObject {
    guard let address = try cursor.readAddress() else {
      throw cursor.bad("a huge object of a heap has no address")
    }
    let byteCount = try cursor.readLength()
    guard isFiltered else {
      return HugeObject(address: address, byteCount: byteCount, filtered: nil)
    }
    let mask = try cursor.readUInt32()
    let plainByteCount = try cursor.readLength()
    return HugeObject(
      address: address, byteCount: byteCount, filtered: (plainByteCount, mask))
  }

  private func hugeObjectTable(_ place: HDF5Cursor) throws(MRDLError) -> [UInt64: HugeObject] {
    if let hugeObjects { return hugeObjects }
    guard let hugeIndexAddress else { throw place.bad("a heap has no index of huge objects") }
    let tree = try HDF5BTree2(source, address: hugeIndexAddress)
    guard tree.type == .hugeObject || tree.type == .filteredHugeObject,
      (tree.type == .filteredHugeObject) == (pipeline != nil)
    else { throw place.bad("the index of huge objects has the wrong type") }
    var table: [UInt64: HugeObject] = [:]
    try tree.forEach { (record) throws(MRDLError) in
      let object = try self.readHugeObject(&record, isFiltered: tree.type == .filteredHugeObject)
      table[try record.readLength()] = object
    }
    hugeObjects = table
    return table
  }

  /// An object that is its own name. IDs of more than 18 bytes have a second byte of length.
  private func tinyObject(
    _ id: inout HDF5Cursor, _ first: UInt8
  ) throws(MRDLError) -> HDF5Cursor {
    var byteCount = Int(first & 0x0F)
    if idByteCount > 18 { byteCount = byteCount << 8 | Int(try id.readUInt8()) }
    return try id.readPart(byteCount: byteCount + 1)
  }
}
