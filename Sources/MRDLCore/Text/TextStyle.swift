/// How parts of a text stand out on a terminal; plain text where there is none.
package struct TextStyle: Sendable, Hashable {
  /// Whether escape sequences are written at all.
  package let usesColor: Bool

  package init(usesColor: Bool) { self.usesColor = usesColor }

  /// Text without any escape sequence.
  package static let plain = TextStyle(usesColor: false)

  /// Headings.
  package func strong(_ text: String) -> String { styled(text, "1") }
  /// What matters less.
  package func faint(_ text: String) -> String { styled(text, "2") }
  /// What is right.
  package func good(_ text: String) -> String { styled(text, "32") }
  /// What deserves a look.
  package func warning(_ text: String) -> String { styled(text, "33") }
  /// What is wrong.
  package func bad(_ text: String) -> String { styled(text, "31;1") }

  private func styled(_ text: String, _ code: String) -> String {
    usesColor && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
