import MRDLCore

/// Copies chunks to their places among the elements of a data set.
struct HDF5ChunkCopier {
  private let extents: [Int]
  private let chunk: [Int]
  /// Bytes from one element to the next along each axis of the data set and of a chunk.
  private let strides: [Int]
  private let chunkStrides: [Int]
  /// The axis along which runs lie: chunks are as wide as the data set along all later axes.
  private let runAxis: Int

  /// - Precondition: the data set has elements and their bytes can be counted.
  init(_ grid: HDF5ChunkGrid, elementByteCount: Int) {
    extents = grid.extents
    chunk = grid.chunk
    strides = Shape(grid.extents).strides.map { $0 * elementByteCount }
    chunkStrides = Shape(grid.chunk).strides.map { $0 * elementByteCount }
    var axis = grid.chunk.count - 1
    while axis > 0 && grid.chunk[axis] == grid.extents[axis] { axis -= 1 }
    runAxis = axis
  }

  /// The bytes of `output` that a chunk fills, where they are all of it and lie together.
  func target(origin: [Int], in output: Storage) -> UnsafeMutableRawBufferPointer? {
    guard runAxis == 0, extents[0] - origin[0] >= chunk[0] else { return nil }
    return UnsafeMutableRawBufferPointer(
      start: output.base + origin[0] * strides[0], count: chunk[0] * chunkStrides[0])
  }

  /// Copies the part of a chunk that lies inside the data set.
  ///
  /// - Precondition: `bytes` is a whole chunk.
  func copy(_ bytes: UnsafeRawBufferPointer, origin: [Int], into output: Storage) {
    guard let source = bytes.baseAddress else { return }
    let runByteCount = min(chunk[runAxis], extents[runAxis] - origin[runAxis]) * strides[runAxis]
    var target = 0
    for axis in origin.indices { target += origin[axis] * strides[axis] }
    var position = [Int](repeating: 0, count: runAxis)
    var from = 0
    while true {
      (output.base + target).copyMemory(from: source + from, byteCount: runByteCount)
      var axis = runAxis - 1
      while axis >= 0 {
        position[axis] += 1
        from += chunkStrides[axis]
        target += strides[axis]
        if position[axis] < min(chunk[axis], extents[axis] - origin[axis]) { break }
        from -= position[axis] * chunkStrides[axis]
        target -= position[axis] * strides[axis]
        position[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
