internal import MRDLCore

/// One line on standard error that tells how far a long task is; nothing where no person is looking.
///
///     epoch 3  ━━━━━━━━━━━━╸         61 %  36,600/60,000  21.3 k/s  1.1 s left  loss 0.412
package struct ProgressBar {
  private let terminal: Terminal
  private let title: String
  private let total: Int
  private let start: UInt64
  private var lastShown: UInt64 = 0
  private var isShown = false

  /// The time between two pictures of the line.
  private static let interval: UInt64 = 100_000_000

  /// - Precondition: `total` is not negative.
  package init(_ title: String, total: Int, terminal: Terminal = .error) {
    precondition(total >= 0, "a task of \(total) steps")
    self.title = title
    self.total = total
    self.terminal = terminal
    start = Clock.monotonicNanoseconds
  }

  /// Shows the line again, unless it was shown just now.
  ///
  /// - Parameter detail: what else there is to say, such as the loss.
  package mutating func update(completed: Int, detail: String = "") {
    guard terminal.isInteractive else { return }
    let now = Clock.monotonicNanoseconds
    guard now - lastShown >= Self.interval || completed == total else { return }
    lastShown = now
    isShown = true
    let line = Self.line(
      title: title, completed: completed, total: total, seconds: Double(now - start) / 1e9,
      detail: detail, width: terminal.width - 1)
    // A progress line that cannot be written harms nobody.
    try? terminal.stream.write("\r\u{1B}[2K" + line)
  }

  /// Removes the line.
  package mutating func finish() {
    guard isShown else { return }
    isShown = false
    try? terminal.stream.write("\r\u{1B}[2K")
  }

  /// The line for a given state, at most `width` columns wide.
  package static func line(
    title: String, completed: Int, total: Int, seconds: Double, detail: String, width: Int
  ) -> String {
    let fraction = total > 0 ? min(1, Double(completed) / Double(total)) : 1
    let percent = Quantity.fixed(fraction * 100, digits: 0).paddedLeft(to: 3) + " %"
    var facts = "\(percent)  \(Quantity.grouped(completed))/\(Quantity.grouped(total))"
    if seconds > 0, completed > 0 {
      let rate = Double(completed) / seconds
      facts += "  \(Quantity.short(Int(min(rate, 1e15))))/s"
      let rest = Double(total - completed) / rate
      facts += rest > 0 ? "  \(Quantity.duration(seconds: rest)) left" : ""
    }
    if !detail.isEmpty { facts += "  " + detail }
    let room = width - title.displayWidth - facts.displayWidth - 4
    let bar = room >= 8 ? Self.bar(fraction, width: min(room, 30)) + "  " : ""
    return "\(title)  \(bar)\(facts)".truncated(to: width)
  }

  private static func bar(_ fraction: Double, width: Int) -> String {
    let halves = Int((fraction * Double(2 * width)).rounded(.down))
    let whole = halves / 2
    let half = halves % 2 == 1
    return String(repeating: "━", count: whole) + (half ? "╸" : "")
      + String(repeating: " ", count: width - whole - (half ? 1 : 0))
  }
}
