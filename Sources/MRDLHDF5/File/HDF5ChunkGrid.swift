import MRDLCore

/// The chunks that cover a data set, counted along each axis.
struct HDF5ChunkGrid: Sendable {
  let extents: [Int]
  let chunk: [Int]
  /// Chunks along each axis.
  let counts: [Int]
  /// Chunks along each axis when the data set is as large as it may become; nil for no limit.
  let maximumCounts: [UInt64?]

  init(_ dataspace: HDF5Dataspace, chunk: [Int]) {
    extents = dataspace.shape.dimensions
    self.chunk = chunk
    counts = zip(extents, chunk).map { $0 / $1 + ($0 % $1 == 0 ? 0 : 1) }
    maximumCounts = zip(dataspace.maximum, chunk).map { maximum, size in
      maximum.map { $0 / UInt64(size) + ($0 % UInt64(size) == 0 ? 0 : 1) }
    }
  }

  /// The number of a chunk in row-major order, or nil for one outside the data set.
  func index(of position: [UInt64]) -> Int? {
    var index = 0
    for (axis, count) in counts.enumerated() {
      guard position[axis] < UInt64(count) else { return nil }
      index = index * count + Int(position[axis])
    }
    return index
  }

  /// Where along each axis the chunk with the given number is.
  func position(of index: Int) -> [UInt64] {
    var position = [UInt64](repeating: 0, count: counts.count)
    var rest = index
    for axis in counts.indices.reversed() {
      position[axis] = UInt64(rest % counts[axis])
      rest /= counts[axis]
    }
    return position
  }

  /// The first element of a chunk along each axis.
  func origin(of index: Int) -> [Int] {
    var origin = [Int](repeating: 0, count: counts.count)
    var rest = index
    for axis in counts.indices.reversed() {
      origin[axis] = rest % counts[axis] * chunk[axis]
      rest /= counts[axis]
    }
    return origin
  }

  /// Whether a chunk reaches over the edge of the data set.
  func isPartial(_ origin: [Int]) -> Bool {
    zip(origin, zip(chunk, extents)).contains { $1.1 - $0 < $1.0 }
  }
}
