/// One thing that a reader or a validator has to say about its input.
public struct Finding: Sendable, Hashable, CustomStringConvertible {
  /// How much a finding matters.
  public enum Severity: String, Sendable, Hashable, Comparable, CaseIterable {
    /// Worth knowing; nothing is wrong.
    case note
    /// The model works, but something is not as it should be.
    case warning
    /// The model is not sound.
    case error

    public static func < (left: Severity, right: Severity) -> Bool {
      left.rank < right.rank
    }

    private var rank: Int {
      switch self {
      case .note: 0
      case .warning: 1
      case .error: 2
      }
    }
  }

  public let code: FindingCode
  public var severity: Severity
  /// One line, without a full stop.
  public let message: String
  /// The measured value.
  public let found: String?
  /// The permitted value or range.
  public let expected: String?
  public var place: Place

  public init(
    _ code: FindingCode, _ severity: Severity, _ message: String, found: String? = nil,
    expected: String? = nil, at place: Place = .unknown
  ) {
    self.code = code
    self.severity = severity
    self.message = message.escapedForDisplay
    self.found = found?.escapedForDisplay
    self.expected = expected?.escapedForDisplay
    self.place = place
  }

  /// One line: place, message, what was found and expected, and the code.
  public var description: String {
    var text = place.description
    if !text.isEmpty { text += ": " }
    text += message
    switch (found, expected) {
    case (let found?, let expected?): text += " (found \(found), expected \(expected))"
    case (let found?, nil): text += " (found \(found))"
    case (nil, let expected?): text += " (expected \(expected))"
    case (nil, nil): break
    }
    return text + " [\(code)]"
  }
}
