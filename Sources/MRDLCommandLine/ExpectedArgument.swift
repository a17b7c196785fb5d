package import ArgumentParser

extension ExpressibleByArgument {
  /// What reads an option and, where that fails, says what was expected.
  package static func expecting(_ expected: String) -> @Sendable (String) throws -> Self {
    { text in
      guard let value = Self(argument: text) else { throw ValidationError("expected \(expected)") }
      return value
    }
  }
}
