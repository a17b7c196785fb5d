import CHDF5
import MRDLCore
import Synchronization

/// The way into libhdf5: one caller at a time, for builds of it that know no threads, and errors as
/// `MRDLError` in place of text on standard error.
enum HDF5Library {
  private static let turn = Mutex(())

  /// Has no effect where another part of the process uses the library already.
  ///
  /// At the end of the process the library would close files again that it could not write, and
  /// crash (seen with 1.10.8). Every file is closed here, so that nothing is left to do.
  private static let staysOutOfExit: Bool = H5dont_atexit() >= 0

  /// Runs `body`, the only place where functions of the library may be called.
  static func perform<Result: Sendable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try turn.withLock { _ throws(Failure) in
      _ = staysOutOfExit
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
      found: reason.isEmpty ? nil : systemReason(reason) ?? reason.escapedForDisplay)
  }

  /// The system's words for a failed call, without the times and addresses around them.
  private static func systemReason(_ reason: String) -> String? {
    let start = reason.firstRange(of: "error message = '")?.upperBound
    guard let start, let end = reason[start...].firstIndex(of: "'") else { return nil }
    return String(reason[start..<end]).escapedForDisplay
  }
}

/// An object of libhdf5 with one owner, used and dropped inside `HDF5Library.perform`.
struct HDF5Identifier: ~Copyable {
  let value: hid_t

  init(_ value: hid_t) { self.value = value }

  deinit { H5Idec_ref(value) }
}
