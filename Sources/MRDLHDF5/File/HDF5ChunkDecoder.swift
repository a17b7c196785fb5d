import MRDLCompression
import MRDLCore

/// Undoes a filter pipeline, chunk after chunk, with buffers that are used again.
struct HDF5ChunkDecoder: ~Copyable {
  private let pipeline: HDF5FilterPipeline
  /// Two buffers: each filter reads one and writes the other.
  private var buffers: [Storage] = []

  init(_ pipeline: HDF5FilterPipeline) {
    self.pipeline = pipeline
  }

  /// Decodes the bytes of one chunk into `output`, which has as many as must come out.
  ///
  /// - Precondition: `HDF5FilterPipeline.check` has passed.
  /// - Throws: `MRDL2005` where a checksum does not match, `MRDL2501` for damaged compressed data.
  mutating func decode(
    _ stored: HDF5Cursor, mask: UInt32, into output: UnsafeMutableRawBufferPointer
  ) throws(MRDLError) {
    var steps = pipeline.filters.indices.filter { mask & (1 << UInt32($0)) == 0 }
    // What shuffling does to elements of one byte is nothing.
    steps.removeAll {
      let filter = pipeline.filters[$0]
      return filter.number == HDF5FilterPipeline.Filter.shuffle
        && (filter.parameters.first ?? 1) <= 1
    }
    let sizes = sizes(beforeEach: steps, byteCount: output.count)
    let place = stored.place
    var current = stored.bytes
    for position in steps.indices.reversed() {
      let filter = pipeline.filters[steps[position]]
      let isLast = position == 0
      switch filter.number {
      case HDF5FilterPipeline.Filter.fletcher32:
        current = try Self.verified(current, place)
      case HDF5FilterPipeline.Filter.shuffle:
        let target = try target(isLast, current.count, output, reading: current, place)
        Self.unshuffle(current, into: target, elementByteCount: Int(filter.parameters[0]))
        current = UnsafeRawBufferPointer(target)
      default:
        guard let size = sizes[position] else {
          throw stored.unsupported("data went through deflate more than once")
        }
        let target = try target(isLast, size, output, reading: current, place)
        try Inflate.fill(target, from: current, format: .zlib, place: place)
        current = UnsafeRawBufferPointer(target)
      }
    }
    guard current.count == output.count else {
      throw MRDLError(
        .badHDF5, "a chunk has the wrong size", found: "\(current.count) bytes",
        expected: "\(output.count)", at: place)
    }
    if current.baseAddress != UnsafeRawPointer(output.baseAddress) {
      output.copyMemory(from: current)
    }
  }

  /// How many bytes each filter was given, as far as that is known: nothing is after deflate.
  private func sizes(beforeEach steps: [Int], byteCount: Int) -> [Int?] {
    var sizes: [Int?] = []
    var size: Int? = byteCount
    for step in steps {
      sizes.append(size)
      switch pipeline.filters[step].number {
      case HDF5FilterPipeline.Filter.deflate: size = nil
      case HDF5FilterPipeline.Filter.fletcher32: size = size?.addingChecked(4)
      default: break
      }
    }
    return sizes
  }

  /// The place for the outcome of a filter: `output` for the last one, else a buffer that is not the
  /// one that is read.
  private mutating func target(
    _ isLast: Bool, _ byteCount: Int, _ output: UnsafeMutableRawBufferPointer,
    reading current: UnsafeRawBufferPointer, _ place: Place
  ) throws(MRDLError) -> UnsafeMutableRawBufferPointer {
    if isLast {
      guard byteCount == output.count else {
        throw MRDLError(
          .badHDF5, "a chunk has the wrong size", found: "\(byteCount) bytes",
          expected: "\(output.count)", at: place)
      }
      return output
    }
    let index = buffers.firstIndex {
      UnsafeRawPointer($0.base) != current.baseAddress && $0.byteCount >= byteCount
    }
    let buffer: Storage
    if let index {
      buffer = buffers[index]
    } else {
      buffers.removeAll { UnsafeRawPointer($0.base) != current.baseAddress }
      buffer = Storage(byteCount: byteCount)
      buffers.append(buffer)
    }
    return UnsafeMutableRawBufferPointer(start: buffer.base, count: byteCount)
  }

  /// The bytes without the Fletcher-32 checksum that ends them.
  private static func verified(
    _ bytes: UnsafeRawBufferPointer, _ place: Place
  ) throws(MRDLError) -> UnsafeRawBufferPointer {
    guard bytes.count >= 4 else {
      throw MRDLError(.badHDF5, "a chunk is too short for its checksum", at: place)
    }
    let content = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
    let stated = UInt32(
      littleEndian: bytes.loadUnaligned(fromByteOffset: content.count, as: UInt32.self))
    let computed = HDF5Checksum.fletcher32(content)
    // Libraries before 1.6.3 stored the halves with their bytes swapped on little-endian machines.
    let swapped = (computed & 0x00FF_00FF) << 8 | (computed & 0xFF00_FF00) >> 8
    guard stated == computed || stated == swapped else {
      throw MRDLError(
        .badHDF5Checksum, "the checksum of a chunk does not match",
        found: String(computed, radix: 16), expected: String(stated, radix: 16), at: place)
    }
    return content
  }

  // MARK: Shuffle

  /// Undoes the sorting of bytes by their position in an element. Bytes after the last whole element
  /// stay where they are.
  private static func unshuffle(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
    elementByteCount size: Int
  ) {
    let count = source.count / size
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    switch size {
    case 2: unshuffle2(from, to, count)
    case 4: unshuffle4(from, to, count)
    case 8: unshuffle8(from, to, count)
    default:
      for plane in 0..<size {
        for index in 0..<count { target[index * size + plane] = source[plane * count + index] }
      }
    }
    for index in (count * size)..<source.count { target[index] = source[index] }
  }

  private static func unshuffle2(
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int
  ) {
    let source = from.assumingMemoryBound(to: UInt8.self)
    for index in 0..<count {
      let value = UInt16(source[index]) | UInt16(source[count + index]) << 8
      to.storeBytes(of: value.littleEndian, toByteOffset: 2 * index, as: UInt16.self)
    }
  }

  private static func unshuffle4(
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int
  ) {
    let source = from.assumingMemoryBound(to: UInt8.self)
    for index in 0..<count {
      let low = UInt32(source[index]) | UInt32(source[count + index]) << 8
      let high = UInt32(source[2 * count + index]) | UInt32(source[3 * count + index]) << 8
      to.storeBytes(
        of: (low | high << 16).littleEndian, toByteOffset: 4 * index, as: UInt32.self)
    }
  }

  private static func unshuffle8(
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int
  ) {
    let source = from.assumingMemoryBound(to: UInt8.self)
    for index in 0..<count {
      var value: UInt64 = 0
      for plane in 0..<8 {
        value |= UInt64(source[plane * count + index]) << UInt64(8 * plane)
      }
      to.storeBytes(of: value.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
    }
  }
}
