private import CZlib
import MRDLCore

/// Deflating in one call.
package enum Deflate {
  /// Compresses some bytes.
  ///
  /// The result depends on the bytes, the format, the level and the release of zlib only; a gzip header
  /// carries neither name nor time.
  ///
  /// - Parameter level: 0 (stored) to 9 (smallest); 6 is zlib's own choice.
  /// - Complexity: O(n) in the bytes.
  package static func bytes(
    from bytes: UnsafeRawBufferPointer, format: CompressionFormat, level: Int = 6
  ) -> [UInt8] {
    precondition((0...9).contains(level), "a compression level of \(level)")
    // zlib keeps a pointer to the structure inside its state, so the address must not change.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let result = deflateInit2_(
      stream, Int32(level), Z_DEFLATED, format.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(result == Z_OK, "zlib cannot start: \(result)")
    defer {
      deflateEnd(stream)
      stream.deallocate()
    }
    var compressed: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var consumed = 0
    var status = Z_OK
    while status != Z_STREAM_END {
      // zlib counts in 32 bits.
      let count = min(bytes.count - consumed, 1 << 30)
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: bytes.baseAddress.map { ($0 + consumed).assumingMemoryBound(to: UInt8.self) })
      stream.pointee.avail_in = UInt32(count)
      let flush = consumed + count == bytes.count ? Z_FINISH : Z_NO_FLUSH
      status = chunk.withUnsafeMutableBufferPointer { room in
        stream.pointee.next_out = room.baseAddress
        stream.pointee.avail_out = UInt32(room.count)
        return deflate(stream, flush)
      }
      precondition(
        status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR,
        "zlib cannot deflate: \(status)")
      consumed += count - Int(stream.pointee.avail_in)
      compressed.append(contentsOf: chunk[..<(chunk.count - Int(stream.pointee.avail_out))])
    }
    return compressed
  }

  /// Compresses some bytes.
  package static func bytes(
    from bytes: [UInt8], format: CompressionFormat, level: Int = 6
  ) -> [UInt8] {
    bytes.withUnsafeBytes { self.bytes(from: $0, format: format, level: level) }
  }
}
