package import MRDLCore

/// The results of a command on their way to standard output, in pieces of a sensible size.
package struct ResultStream {
  private var pending = ""
  private let flushesLines: Bool

  private static let capacity = 1 << 15

  /// - Parameter flushesLines: whether each piece goes out at once, so that a reader sees it as soon as
  ///   it is known.
  package init(flushesLines: Bool = StandardStream.output.isTerminal) {
    self.flushesLines = flushesLines
  }

  /// Adds a text.
  ///
  /// - Throws: `MRDL9005` where standard output takes no more.
  package mutating func write(_ text: String) throws(MRDLError) {
    pending += text
    if flushesLines || pending.utf8.count >= Self.capacity { try flush() }
  }

  /// Adds a text and ends the line.
  package mutating func writeLine(_ text: String) throws(MRDLError) { try write(text + "\n") }

  /// Sends what is held back. Must be called at the end.
  package mutating func flush() throws(MRDLError) {
    if !pending.isEmpty { try StandardStream.output.write(pending) }
    pending = ""
  }
}
