#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Memory of this process for tensors.
package enum AlignedMemory {
  /// Alignment of every allocation, in bytes.
  package static let alignment = 64

  /// The large pages of x86-64 and of ARM with pages of 4 KB. Reading memory in small ones spends a few
  /// hundredths of the time of a large network on finding them.
  private static let largePageByteCount = 2 << 20

  /// Memory that `deallocate` gives back; its content is undefined. What fills large pages lies in them where
  /// the system has them for those who ask.
  package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let whole = byteCount / largePageByteCount * largePageByteCount
    guard whole > 0 else { return .allocate(byteCount: byteCount, alignment: alignment) }
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: byteCount, alignment: largePageByteCount)
    #if os(Linux)
      // A system without them says so, and nothing is lost.
      _ = madvise(memory, whole, Int32(MADV_HUGEPAGE))
    #endif
    return memory
  }
}
