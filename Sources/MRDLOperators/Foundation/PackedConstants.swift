public import MRDLCore
internal import Synchronization

/// Constants of a program in the layouts that its kernels read, each packed once and shared by all
/// plans and sessions.
public final class PackedConstants: Sendable {
  private struct Key: Hashable {
    /// The storage, or what it is computed from again and again.
    let source: ObjectIdentifier
    let byteOffset: Int
    let layout: String
  }

  private struct Entry {
    /// Holds the source, so that its identity is not taken by another one.
    let source: any AnyObject
    let packed: Storage
  }

  private let entries = Mutex<[Key: Entry]>([:])

  public init() {}

  /// The bytes of a constant in a layout; `pack` makes them when they are first asked for.
  ///
  /// - Parameter layout: a name that tells the layout with all its sizes, such as `gemm-b/32/784x512`.
  public func bytes(
    of constant: Tensor, layout: String, pack: () -> Storage
  ) -> Storage {
    let source: any AnyObject & Sendable = constant.storage.origin ?? constant.storage
    let key = Key(
      source: ObjectIdentifier(source), byteOffset: constant.byteOffset, layout: layout)
    if let entry = entries.withLock({ $0[key] }) { return entry.packed }
    // Packing happens outside the lock; where two threads race, the first result stays.
    let packed = pack()
    // Of a file that is mapped, the packed bytes are what is read from now on.
    constant.releasePages()
    return entries.withLock { entries in
      if let entry = entries[key] { return entry.packed }
      entries[key] = Entry(source: source, packed: packed)
      return packed
    }
  }

  /// The bytes of a constant in a layout of so many bytes; `pack` writes them from those of the constant.
  package func bytes(
    of constant: Tensor, layout: String, byteCount: Int,
    _ pack: (UnsafeRawPointer, UnsafeMutableRawPointer) -> Void
  ) -> Storage {
    bytes(of: constant, layout: layout) {
      let storage = Storage(byteCount: byteCount)
      constant.withUnsafeBytes { source in
        if let start = source.baseAddress { pack(start, storage.base) }
      }
      return storage
    }
  }

  /// The bytes of all packed constants.
  public var byteCount: Int {
    entries.withLock { $0.values.reduce(0) { $0 + $1.packed.byteCount } }
  }
}
