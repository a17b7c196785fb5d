private import CZlib
import MRDLCore

/// One run of zlib's decompressor: it turns pieces of input into pieces of output.
struct InflateStream: ~Copyable {
  /// The outcome of one step.
  struct Progress {
    /// Input bytes that were used.
    let consumed: Int
    /// Output bytes that were written.
    let produced: Int
  }

  /// Whether the end of the stream was reached and its checksum found right.
  private(set) var isAtEnd = false

  // zlib keeps a pointer to the structure inside its state, so the address must not change.
  private let stream: UnsafeMutablePointer<z_stream>

  init(_ format: CompressionFormat) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let result = inflateInit2_(
      stream, format.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(result == Z_OK, "zlib cannot start: \(result)")
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Begins a new stream of the same format.
  mutating func reset() {
    inflateReset(stream)
    isAtEnd = false
  }

  /// Uses input until it runs out, the output is full or the stream ends.
  ///
  /// - Throws: `MRDL2501` for damaged data; the place is the byte of `input` where it was noticed,
  ///   counted from `byteOffset`.
  mutating func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, place: Place
  ) throws(MRDLError) -> Progress {
    // zlib counts in 32 bits; the caller comes again for the rest.
    let inputCount = min(input.count, Int(UInt32.max))
    let outputCount = min(output.count, Int(UInt32.max))
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(inputCount)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(outputCount)
    // A pointer is needed even where there is no room.
    var nothing: UInt8 = 0
    let result =
      output.baseAddress == nil
      ? withUnsafeMutablePointer(to: &nothing) { pointer in
        stream.pointee.next_out = pointer
        return inflate(stream, Z_NO_FLUSH)
      } : inflate(stream, Z_NO_FLUSH)
    let consumed = inputCount - Int(stream.pointee.avail_in)
    switch result {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: isAtEnd = true
    case Z_MEM_ERROR: preconditionFailure("no memory for zlib")
    default:
      let reason =
        result == Z_NEED_DICT
        ? "a preset dictionary is needed"
        : stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)"
      var place = place
      place.byteOffset = (place.byteOffset ?? 0) + UInt64(consumed)
      throw MRDLError(
        .badCompressedData, "the compressed data is damaged", found: reason, at: place)
    }
    return Progress(
      consumed: consumed, produced: outputCount - Int(stream.pointee.avail_out))
  }
}
