import CHDF5
import MRDLCore
import Synchronization

/// The way into libhdf5: one caller at a time, for builds of it that know no threads, and errors as
/// `MRDLError` in place of text on standard error.
enum HDF5Library {
  private static let turn = Mutex(())

  /// Runs `body`, the only place where functions of the library may be called.
  static func perform<Result: Sendable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try turn.withLock { _ throws(Failure) in
      mrdl_h5e_silence()
      return try body()
    }
  }

  /// The identifier that a function of the library gave, which is owned from here on.
  ///
  /// - Throws: `MRDL2006` with the library's reason where it failed.
  static func identifier(_ value: hid_t, _ action: String) throws(MRDLError) -> HDF5Identifier {
    guard value >= 0 else { throw failure(action) }
    return HDF5Identifier(value)
  }

  /// - Throws: `MRDL2006` with the library's reason where it failed.
  static func check(_ status: herr_t, _ action: String) throws(MRDLError) {
    guard status >= 0 else { throw failure(action) }
  }

  static func failure(_ action: String) -> MRDLError {
    var buffer = [CChar](repeating: 0, count: 512)
    mrdl_h5e_describe(&buffer, buffer.count)
    let reason = String(
      decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return MRDLError(
      .hdf5WriteFailed, "libhdf5 could not \(action)",
      found: reason.isEmpty ? nil : reason.escapedForDisplay)
  }
}

/// An object of libhdf5 with one owner, used and dropped inside `HDF5Library.perform`.
struct HDF5Identifier: ~Copyable {
  let value: hid_t

  init(_ value: hid_t) { self.value = value }

  deinit { H5Idec_ref(value) }
}
