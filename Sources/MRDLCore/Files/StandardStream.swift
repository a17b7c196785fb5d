internal import CMRDLSystem

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Where a command writes: results to one stream, messages to the other.
package enum StandardStream: Int32, Sendable, Hashable {
  case output = 1
  case error = 2

  /// Whether a person may be looking.
  package var isTerminal: Bool { mrdl_is_terminal(rawValue) == 1 }

  /// The columns of the terminal, or nil where there is none or it does not say.
  package var terminalWidth: Int? {
    let width = Int(mrdl_terminal_width(rawValue))
    return width > 0 ? width : nil
  }

  /// Writes a text at once, without holding anything back.
  ///
  /// - Throws: `MRDL9005` where the text cannot be written.
  package func write(_ text: String) throws(MRDLError) {
    try Array(text.utf8).withRawBytes { (bytes) throws(MRDLError) in
      var done = 0
      while done < bytes.count {
        let count = systemWrite(rawValue, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        if count >= 0 {
          done += count
          continue
        }
        let error = SystemError.last
        if error.number == EINTR { continue }
        throw MRDLError(
          .writeFailed, "cannot write",
          at: Place(file: self == .output ? "standard output" : "standard error"), cause: error)
      }
    }
  }
}
