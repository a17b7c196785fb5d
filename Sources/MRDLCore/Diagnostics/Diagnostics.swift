/// Collects what readers find, so that a validator needs no second parser.
///
/// A reader reports into the sink and goes on; it throws only when it cannot. The sink belongs to one
/// reader at a time.
public final class Diagnostics {
  /// Everything that was reported, in order.
  public private(set) var findings: [Finding] = []
  /// The number of findings kept; further ones are counted only.
  public let capacity: Int
  /// How many findings were not kept.
  public private(set) var droppedCount = 0
  private var known: Set<Finding> = []

  public init(capacity: Int = 10_000) { self.capacity = capacity }

  /// Adds a finding, once: who needs the same tensor again finds the same again.
  public func report(_ finding: Finding) {
    guard findings.count < capacity else {
      droppedCount += 1
      return
    }
    if known.insert(finding).inserted { findings.append(finding) }
  }

  /// Adds a finding of the given severity.
  public func report(
    _ code: FindingCode, _ severity: Finding.Severity, _ message: String,
    found: String? = nil, expected: String? = nil, at place: Place = .unknown
  ) {
    report(Finding(code, severity, message, found: found, expected: expected, at: place))
  }

  /// Adds an error.
  public func report(
    _ code: FindingCode, _ message: String, found: String? = nil, expected: String? = nil,
    at place: Place = .unknown
  ) {
    report(code, .error, message, found: found, expected: expected, at: place)
  }

  /// Adds everything that another sink has collected, placed in the named file.
  public func report(contentsOf other: Diagnostics, inFile name: String) {
    for var finding in other.findings {
      finding.place = finding.place.inFile(name)
      report(finding)
    }
    droppedCount += other.droppedCount
  }

  /// The first error among the findings.
  public var firstError: Finding? { findings.first { $0.severity == .error } }

  /// Throws the first error that was reported, if there is one.
  public func throwFirstError() throws(MRDLError) {
    if let firstError { throw MRDLError(firstError) }
  }
}
