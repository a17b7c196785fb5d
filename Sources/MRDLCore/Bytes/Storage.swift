/// A run of bytes with one owner: memory of this process, or a mapped file.
///
/// The bytes of a storage are immutable except for a tensor that is its only owner (see `Tensor`).
/// Owned memory is aligned to 64 bytes and padded to a multiple of 64, so that vector loads of the
/// last elements stay inside it.
public final class Storage: @unchecked Sendable {
  // `@unchecked`: the bytes are written only while one owner holds the only reference.

  /// Alignment of owned memory and of tensors in files, in bytes.
  public static let alignment = AlignedMemory.alignment

  package let base: UnsafeMutableRawPointer
  /// The number of bytes.
  public let byteCount: Int
  /// Whether the bytes are a file mapped into memory; such storage is never written.
  public var isMapped: Bool { release != nil }

  private let release: (@Sendable (UnsafeMutableRawPointer, Int) -> Void)?

  /// What the bytes were computed from, where they are computed again whenever they are needed: two
  /// storages of one origin hold the same bytes. Set before others see the storage.
  package var origin: (any AnyObject & Sendable)?

  /// Owned memory of `byteCount` bytes, all zero.
  public init(byteCount: Int) {
    precondition(byteCount >= 0, "a storage cannot have \(byteCount) bytes")
    let capacity = max(Self.alignment, (byteCount + Self.alignment - 1) & ~(Self.alignment - 1))
    base = AlignedMemory.allocate(byteCount: capacity)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
    self.byteCount = byteCount
    release = nil
  }

  /// Takes over a mapping; `release` is called with it at the end.
  package init(
    mapping base: UnsafeMutableRawPointer, byteCount: Int,
    release: @escaping @Sendable (UnsafeMutableRawPointer, Int) -> Void
  ) {
    self.base = base
    self.byteCount = byteCount
    self.release = release
  }

  /// Owned memory with a copy of the bytes.
  public convenience init(copying bytes: UnsafeRawBufferPointer) {
    self.init(byteCount: bytes.count)
    if let source = bytes.baseAddress, !bytes.isEmpty {
      base.copyMemory(from: source, byteCount: bytes.count)
    }
  }

  /// Owned memory with a copy of the bytes.
  public convenience init(_ bytes: [UInt8]) {
    self.init(byteCount: bytes.count)
    bytes.withUnsafeBytes { source in
      if let start = source.baseAddress, !source.isEmpty {
        base.copyMemory(from: start, byteCount: source.count)
      }
    }
  }

  deinit {
    if let release {
      release(base, byteCount)
    } else {
      base.deallocate()
    }
  }

  /// All bytes.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Calls `body` with all bytes; the pointer is valid during the call only.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: base, count: byteCount))
  }
}
