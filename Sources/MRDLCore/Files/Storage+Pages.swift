#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Storage {
  /// Lets the system take back the memory of the pages of a mapped file that lie wholly in a range.
  ///
  /// Their bytes stay readable: a page comes back from the file when it is read again. Owned memory and
  /// ranges of less than a few pages stay as they are.
  ///
  /// - Complexity: O(n) in the pages, about a hundredth of reading them.
  package func releasePages(_ range: Range<Int>) {
    let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))
    guard isMapped, pageByteCount > 0, range.count >= 4 * pageByteCount else { return }
    // A mapping begins at a page.
    let first = (range.lowerBound + pageByteCount - 1) / pageByteCount * pageByteCount
    let end = range.upperBound / pageByteCount * pageByteCount
    if first < end { madvise(base + first, end - first, MADV_DONTNEED) }
  }
}

extension ByteReader {
  /// Copies the bytes that are left to the start of some memory; the pages of a mapped file that held
  /// them are given back on the way, so that both are not in memory at once.
  ///
  /// - Precondition: there is room.
  package func copyOut(to target: UnsafeMutableRawBufferPointer) {
    let stepByteCount = 4 << 20
    var offset = byteOffset
    while offset < upperBound {
      let end = min(offset + stepByteCount, upperBound)
      let part = UnsafeRawBufferPointer(start: storage.base + offset, count: end - offset)
      UnsafeMutableRawBufferPointer(rebasing: target[(offset - byteOffset)...])
        .copyMemory(from: part)
      storage.releasePages(offset..<end)
      offset = end
    }
  }
}

extension Tensor {
  /// `Storage.releasePages(_:)` for the bytes of a tensor that is not read again soon.
  package func releasePages() {
    storage.releasePages(byteOffset..<(byteOffset + byteCount))
  }
}
