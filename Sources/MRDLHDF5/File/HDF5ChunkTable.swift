import MRDLCore

/// The chunks of a data set that are in the file, gathered from whatever index it has
/// (specification VII).
struct HDF5ChunkTable {
  /// A chunk in the file.
  struct Chunk {
    /// The number of the chunk in its grid.
    let index: Int
    let address: UInt64
    /// Bytes in the file.
    let byteCount: UInt64
    /// A set bit for each filter that was skipped.
    let mask: UInt32
  }

  let source: HDF5Source
  let layout: HDF5ChunkedLayout
  let grid: HDF5ChunkGrid
  private(set) var chunks: [Chunk] = []
  private var storedByteCount: UInt64 = 0

  /// Reads the index.
  ///
  /// - Complexity: O(n) in the entries of the index.
  init(
    _ source: HDF5Source, _ layout: HDF5ChunkedLayout, _ grid: HDF5ChunkGrid
  ) throws(MRDLError) {
    self.source = source
    self.layout = layout
    self.grid = grid
    switch layout.index {
    case .bTree1(let address?): try readBTree1(address)
    case .single(let address?, let filtered):
      try append(
        position: [UInt64](repeating: 0, count: grid.counts.count), address: address,
        byteCount: filtered?.byteCount, mask: filtered?.mask ?? 0)
    case .implicit(let address?): try readImplicit(address)
    case .fixedArray(let address?): try readFixedArray(address)
    case .extensibleArray(let address?): try readExtensibleArray(address)
    case .bTree2(let address?): try readBTree2(address)
    default: break
    }
  }

  /// Adds a chunk; one outside the data set, left from before it shrank, is passed over.
  ///
  /// - Parameters:
  ///   - position: the number of the chunk along each axis.
  ///   - byteCount: the bytes in the file; nil for those of a chunk without filters.
  mutating func append(
    position: [UInt64], address: UInt64, byteCount: UInt64?, mask: UInt32
  ) throws(MRDLError) {
    guard let index = grid.index(of: position) else { return }
    let byteCount = byteCount ?? UInt64(layout.chunkByteCount)
    let range = try source.byteRange(at: address, byteCount: byteCount)
    // Chunks do not overlap, so that together they are no larger than the file.
    storedByteCount += UInt64(range.count)
    guard storedByteCount <= UInt64(source.byteCount) else {
      throw MRDLError(
        .badHDF5, "the chunks of a data set overlap", at: Place(byteOffset: address))
    }
    guard chunks.count < source.limits.hdf5ChunkCount else {
      throw MRDLError(
        .unsupportedHDF5, "a data set has too many chunks",
        expected: "at most \(source.limits.hdf5ChunkCount)")
    }
    chunks.append(Chunk(index: index, address: address, byteCount: byteCount, mask: mask))
  }

  // MARK: Trees

  private mutating func readBTree1(_ address: UInt64) throws(MRDLError) {
    let rank = grid.chunk.count
    var tree = HDF5BTree1(source, type: .chunks, keyByteCount: 8 + 8 * (rank + 1))
    let sizes = grid.chunk
    var table = self
    var position = [UInt64](repeating: 0, count: rank)
    try tree.forEach(root: address) { (key, address) throws(MRDLError) in
      let byteCount = try key.readUInt32()
      let mask = try key.readUInt32()
      for axis in 0..<rank {
        let (quotient, remainder) = try key.readUInt64().quotientAndRemainder(
          dividingBy: UInt64(sizes[axis]))
        guard remainder == 0 else { throw key.bad("a chunk begins inside another") }
        position[axis] = quotient
      }
      try table.append(
        position: position, address: address, byteCount: UInt64(byteCount), mask: mask)
    }
    self = table
  }

  private mutating func readBTree2(_ address: UInt64) throws(MRDLError) {
    let tree = try HDF5BTree2(source, address: address)
    let rank = grid.chunk.count
    let isFiltered = tree.type == .filteredChunk
    guard isFiltered || tree.type == .chunk else {
      throw MRDLError(
        .badHDF5, "an index of chunks has the wrong type", at: Place(byteOffset: address))
    }
    let format = try HDF5ChunkEntryFormat(
      source, isFiltered: isFiltered, byteCount: tree.recordByteCount - 8 * rank,
      at: Place(byteOffset: address))
    var table = self
    var position = [UInt64](repeating: 0, count: rank)
    try tree.forEach { (record) throws(MRDLError) in
      let entry = try format.read(&record)
      for axis in 0..<rank { position[axis] = try record.readUInt64() }
      guard let entry else { return }
      try table.append(
        position: position, address: entry.address, byteCount: entry.byteCount, mask: entry.mask)
    }
    self = table
  }

  // MARK: Arrays

  /// All chunks of the largest extent, one after the other.
  private mutating func readImplicit(_ address: UInt64) throws(MRDLError) {
    let order = try HDF5ChunkOrder(grid, isExtensible: false)
    let byteCount = UInt64(layout.chunkByteCount)
    // A larger array than the file could hold ends at the first chunk that lies outside it.
    for number in 0..<grid.counts.reduce(1, *) {
      let position = grid.position(of: number)
      guard let offset = order.number(of: position)?.multipliedChecked(by: byteCount),
        let start = address.addingChecked(offset)
      else {
        throw MRDLError(
          .truncatedHDF5, "a chunk lies past the end of the file",
          at: Place(byteOffset: address))
      }
      try append(position: position, address: start, byteCount: nil, mask: 0)
    }
  }
}

/// How an entry of an index of chunks is written: an address, and where filters are used the stored
/// size, in a width that the size of the entry tells, and the filter mask.
struct HDF5ChunkEntryFormat {
  private let sizeByteCount: Int?

  init(
    _ source: HDF5Source, isFiltered: Bool, byteCount: Int, at place: Place
  ) throws(MRDLError) {
    let rest = byteCount - source.superblock.addressByteCount
    guard isFiltered ? (5...12).contains(rest) : rest == 0 else {
      throw MRDLError(
        .badHDF5, "the entries of an index of chunks have an impossible size",
        found: "\(byteCount) bytes", at: place)
    }
    sizeByteCount = isFiltered ? rest - 4 : nil
  }

  /// Reads an entry; nil for a chunk that was never written.
  func read(
    _ cursor: inout HDF5Cursor
  ) throws(MRDLError) -> (address: UInt64, byteCount: UInt64?, mask: UInt32)? {
    let address = try cursor.readAddress()
    var byteCount: UInt64?
    var mask: UInt32 = 0
    if let sizeByteCount {
      byteCount = try cursor.readUnsigned(byteCount: sizeByteCount)
      mask = try cursor.readUInt32()
    }
    return address.map { ($0, byteCount, mask) }
  }
}

/// The order in which the arrays that index chunks count them: row-major over the largest extent, with
/// the axis without limit first.
struct HDF5ChunkOrder {
  /// The axes from the slowest to the fastest.
  private let axes: [Int]
  /// Chunks along each of these axes; the first one is not needed.
  private let counts: [UInt64]

  /// - Throws: `MRDL2002` where the limits of the data set do not fit the kind of index.
  init(_ grid: HDF5ChunkGrid, isExtensible: Bool) throws(MRDLError) {
    let unlimited = grid.maximumCounts.indices.filter { grid.maximumCounts[$0] == nil }
    guard unlimited.count == (isExtensible ? 1 : 0) else {
      throw MRDLError(
        .badHDF5, "the index of chunks does not fit the limits of the data set",
        found: "\(unlimited.count) extents without limit", expected: isExtensible ? "1" : "0")
    }
    axes = unlimited + grid.counts.indices.filter { !unlimited.contains($0) }
    counts = axes.map { max(grid.maximumCounts[$0] ?? 1, 1) }
  }

  /// The position of the chunk with the given number.
  func position(of number: UInt64) -> [UInt64] {
    var position = [UInt64](repeating: 0, count: axes.count)
    var rest = number
    for index in axes.indices.dropFirst().reversed() {
      position[axes[index]] = rest % counts[index]
      rest /= counts[index]
    }
    if let first = axes.first { position[first] = rest }
    return position
  }

  /// The number of the chunk at a position, or nil where it cannot be represented.
  func number(of position: [UInt64]) -> UInt64? {
    var number: UInt64 = 0
    for (index, axis) in axes.enumerated() {
      guard
        let next = number.multipliedChecked(by: counts[index])?.addingChecked(position[axis])
      else { return nil }
      number = next
    }
    return number
  }
}
