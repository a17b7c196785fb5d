import MRDLCore

/// Puts the chunks of a data set together.
enum HDF5ChunkAssembly {
  /// The elements of a data set of which nothing was written.
  static func unwritten(
    _ source: HDF5Source, _ content: HDF5Dataset.Content
  ) throws(MRDLError) -> Storage {
    let byteCount = try content.byteCount()
    try checkUnstored(source, byteCount)
    let output = Storage(byteCount: byteCount)
    fill(output, content.fillValue)
    return output
  }

  /// The elements of a chunked data set, row-major.
  ///
  /// - Complexity: O(n) in the elements and chunks. Nothing is allocated before the index has shown
  ///   that the file holds enough for it.
  static func assemble(
    _ source: HDF5Source, _ content: HDF5Dataset.Content, _ layout: HDF5ChunkedLayout
  ) throws(MRDLError) -> Storage {
    let byteCount = try content.byteCount()
    if byteCount == 0 { return Storage(byteCount: 0) }
    let grid = HDF5ChunkGrid(content.dataspace, chunk: layout.chunk)
    let table = try HDF5ChunkTable(source, layout, grid)
    let covered = table.chunks.count.multipliedChecked(by: layout.chunkByteCount) ?? .max
    try checkUnstored(source, byteCount - min(byteCount, covered))
    let pipeline = content.pipeline.flatMap { $0.filters.isEmpty ? nil : $0 }
    for chunk in table.chunks {
      let stored = try source.cursor(at: chunk.address, byteCount: chunk.byteCount)
      if let pipeline {
        try pipeline.check(stored, mask: chunk.mask, byteCount: layout.chunkByteCount)
      } else if stored.remainingByteCount != layout.chunkByteCount {
        throw stored.bad(
          "a chunk has the wrong size", found: "\(stored.remainingByteCount) bytes",
          expected: "\(layout.chunkByteCount)")
      }
    }
    let output = Storage(byteCount: byteCount)
    if table.chunks.count < grid.counts.reduce(1, *) { fill(output, content.fillValue) }
    let copier = HDF5ChunkCopier(grid, elementByteCount: layout.elementByteCount)
    if let pipeline {
      try decode(source, table, pipeline, layout, copier, into: output)
    } else {
      for chunk in table.chunks {
        let stored = try source.cursor(at: chunk.address, byteCount: chunk.byteCount)
        copier.copy(stored.bytes, origin: grid.origin(of: chunk.index), into: output)
      }
    }
    return output
  }

  private static func decode(
    _ source: HDF5Source, _ table: HDF5ChunkTable, _ pipeline: HDF5FilterPipeline,
    _ layout: HDF5ChunkedLayout, _ copier: HDF5ChunkCopier, into output: Storage
  ) throws(MRDLError) {
    var decoder = HDF5ChunkDecoder(pipeline)
    var buffer: Storage?
    for chunk in table.chunks {
      let stored = try source.cursor(at: chunk.address, byteCount: chunk.byteCount)
      let origin = table.grid.origin(of: chunk.index)
      let isPlain = layout.leavesEdgesUnfiltered && table.grid.isPartial(origin)
      let mask = isPlain ? .max : chunk.mask
      if let target = copier.target(origin: origin, in: output) {
        try decoder.decode(stored, mask: mask, into: target)
        continue
      }
      let scratch = buffer ?? Storage(byteCount: layout.chunkByteCount)
      buffer = scratch
      let room = UnsafeMutableRawBufferPointer(start: scratch.base, count: scratch.byteCount)
      try decoder.decode(stored, mask: mask, into: room)
      copier.copy(UnsafeRawBufferPointer(room), origin: origin, into: output)
    }
  }

  private static func checkUnstored(
    _ source: HDF5Source, _ byteCount: Int
  ) throws(MRDLError) {
    let limit = source.limits.hdf5UnstoredByteCount
    guard byteCount <= limit else {
      throw MRDLError(
        .unsupportedHDF5, "too much of a data set was never written",
        found: "\(byteCount) bytes", expected: "at most \(limit)")
    }
  }

  private static func fill(_ output: Storage, _ value: [UInt8]?) {
    // Fresh memory is zero.
    guard let value else { return }
    for start in stride(from: 0, to: output.byteCount, by: value.count) {
      (output.base + start).copyMemory(from: value, byteCount: value.count)
    }
  }
}
