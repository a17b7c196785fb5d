public import MRDLCore
private import Synchronization

/// The bytes of a tensor in a file, checked once, when they are first asked for.
///
/// A container gives the digest that the file states and a function that reads the bytes: a part of a
/// mapping, or bytes that are copied or unpacked on demand. What it gives is kept, or the error is, so
/// that the function is called once; or, for bytes that are quickly had again, what it gives is kept
/// only as long as somebody holds it. Any number of threads may ask.
public final class VerifiedTensorSource: TensorSource {
  /// Reads the tensor; its type and shape are those of the header.
  public typealias Reading = @Sendable () throws(MRDLError) -> Tensor

  private enum State {
    case unread
    case read(Tensor)
    case lent(Loan)
    case failed(MRDLError)
  }

  /// A tensor that others hold, or held.
  private struct Loan {
    let scalarType: ScalarType
    let shape: Shape
    let byteOffset: Int
    private(set) weak var storage: Storage?

    init(_ tensor: Tensor) {
      scalarType = tensor.scalarType
      shape = tensor.shape
      byteOffset = tensor.byteOffset
      storage = tensor.storage
    }

    /// The tensor, while somebody holds its bytes.
    var tensor: Tensor? {
      storage.flatMap {
        try? Tensor(scalarType, shape: shape, storage: $0, byteOffset: byteOffset)
      }
    }
  }

  /// The SHA-256 of the tensor's bytes (little-endian, row-major, dense) that the file states.
  public let digest: Digest?
  /// The file and the name of the tensor, for errors.
  public let place: Place
  private let verifies: Bool
  private let keeps: Bool
  private let reading: Reading
  private let state: Mutex<State>

  /// A tensor that is read and checked when it is first asked for.
  ///
  /// - Parameters:
  ///   - digest: what the file states; nil where it states none and nothing can be compared.
  ///   - verifies: whether the bytes are compared with `digest`.
  ///   - keeps: whether the tensor stays in memory when nobody else holds it.
  ///   - place: the file and the name of the tensor.
  public init(
    digest: Digest?, verifies: Bool = true, keeps: Bool = true, place: Place,
    reading: @escaping Reading
  ) {
    self.digest = digest
    self.verifies = verifies
    self.keeps = keeps
    self.place = place
    self.reading = reading
    state = Mutex(.unread)
  }

  /// The tensor.
  ///
  /// - Throws: `MRDL1008` where the bytes do not have the digest, `MRDL1105` for a boolean that is
  ///   neither 0 nor 1, or the error of reading.
  /// - Complexity: O(n) in the bytes at the first call, O(1) afterwards.
  public func load() throws(MRDLError) -> Tensor {
    let result: Result<Tensor, MRDLError> = state.withLock { state in
      switch state {
      case .read(let tensor): return .success(tensor)
      case .failed(let error): return .failure(error)
      case .lent, .unread:
        if case .lent(let loan) = state, let tensor = loan.tensor { return .success(tensor) }
        do throws(MRDLError) {
          let tensor = try reading()
          try check(tensor)
          state = keeps ? .read(tensor) : .lent(Loan(tensor))
          return .success(tensor)
        } catch {
          var error = error
          error.finding.place = Place(
            file: error.place.file ?? place.file, path: error.place.path ?? place.path,
            byteOffset: error.place.byteOffset ?? place.byteOffset)
          state = .failed(error)
          return .failure(error)
        }
      }
    }
    return try result.get()
  }

  private func check(_ tensor: Tensor) throws(MRDLError) {
    if verifies, let digest {
      let found = tensor.withUnsafeBytes { Digest(of: $0) }
      guard found == digest else {
        throw MRDLError(
          .tensorDigestMismatch, "the bytes of a tensor are not those that were written",
          found: "SHA-256 \(found)", expected: "\(digest)")
      }
    }
    // A `Bool` in memory with any other bit pattern is undefined behaviour.
    if tensor.scalarType == .bool {
      let other = tensor.withUnsafeBytes { bytes in bytes.firstIndex { $0 > 1 } }
      if let other {
        throw MRDLError(
          .badValue, "a boolean of a tensor is neither 0 nor 1", found: "element \(other)")
      }
    }
  }
}
