package import MRDLCore

/// What can be shown on a stream: colour and progress are for people only.
package struct Terminal: Sendable {
  package let stream: StandardStream
  /// Whether a person may be looking.
  package let isInteractive: Bool
  /// The columns of a line.
  package let width: Int
  package let style: TextStyle

  /// The terminal behind a stream. Colour is left out where there is none, where `NO_COLOR` is set to
  /// anything (no-color.org), and on a `dumb` terminal.
  package init(_ stream: StandardStream) {
    self.stream = stream
    let isDumb = Environment.value(of: "TERM") == "dumb"
    isInteractive = stream.isTerminal && !isDumb
    width = stream.terminalWidth ?? 80
    let refusesColor = !(Environment.value(of: "NO_COLOR") ?? "").isEmpty
    style = TextStyle(usesColor: isInteractive && !refusesColor)
  }

  package static var output: Terminal { Terminal(.output) }
  package static var error: Terminal { Terminal(.error) }
}
