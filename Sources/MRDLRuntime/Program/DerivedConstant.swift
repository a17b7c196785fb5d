internal import MRDLCore
internal import Synchronization

/// A large constant that is computed from others when it is needed, and in memory only while somebody
/// holds it: kernels pack it and let go of it.
final class DerivedConstant: Sendable {
  /// Bytes of what it is computed from.
  let sourceByteCount: Int
  private let make: @Sendable () -> Tensor
  private let scalarType: ScalarType
  private let shape: Shape

  private struct Loan {
    weak var storage: Storage?
  }

  private let loan = Mutex(Loan())

  /// Constants of fewer elements are kept: computing them again would save nothing.
  static let leastElementCount = 1 << 14

  /// - Parameters:
  ///   - first: what `make` gives; its storage is its own.
  ///   - sourceByteCount: bytes of what it is computed from.
  ///   - make: computes the same tensor again.
  init(_ first: Tensor, sourceByteCount: Int, _ make: @escaping @Sendable () -> Tensor) {
    scalarType = first.scalarType
    shape = first.shape
    self.sourceByteCount = sourceByteCount
    self.make = make
    lend(first)
  }

  /// The content.
  ///
  /// - Complexity: that of computing it, unless somebody holds it.
  var tensor: Tensor {
    if let storage = loan.withLock({ $0.storage }), let known = tensor(in: storage) { return known }
    // Two threads may both compute it: the result is the same.
    let made = make()
    lend(made)
    return made
  }

  private func tensor(in storage: Storage) -> Tensor? {
    try? Tensor(scalarType, shape: shape, storage: storage, byteOffset: 0)
  }

  private func lend(_ tensor: Tensor) {
    tensor.storage.origin = self
    loan.withLock { $0.storage = tensor.storage }
  }
}
