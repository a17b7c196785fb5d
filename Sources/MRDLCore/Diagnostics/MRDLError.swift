/// The one error of this package: what was found, what was expected, and where.
public struct MRDLError: Error, Sendable, CustomStringConvertible {
  /// Code, message, found, expected and place.
  public var finding: Finding
  /// The error below this one, if another part of the system reported one.
  public let cause: (any Error)?

  public init(
    _ code: FindingCode, _ message: String, found: String? = nil, expected: String? = nil,
    at place: Place = .unknown, cause: (any Error)? = nil
  ) {
    finding = Finding(
      code, .error, message, found: found, expected: expected, at: place)
    self.cause = cause
  }

  /// An error with the content of a finding.
  public init(_ finding: Finding, cause: (any Error)? = nil) {
    self.finding = finding
    self.cause = cause
  }

  public var code: FindingCode { finding.code }
  public var message: String { finding.message }
  public var place: Place { finding.place }

  /// The same error, placed in the named file unless it names one already.
  public func inFile(_ name: String) -> MRDLError {
    var copy = self
    copy.finding.place = place.inFile(name)
    return copy
  }

  public var description: String {
    guard let cause else { return finding.description }
    return "\(finding.description): \(cause)"
  }
}
