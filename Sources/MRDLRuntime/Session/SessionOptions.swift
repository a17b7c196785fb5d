internal import MRDLCore

/// How a session runs.
public struct SessionOptions: Sendable, Hashable {
  /// How many threads may take part, the caller among them; nil for as many as the process may use.
  /// Results do not depend on it.
  public var threadLimit: Int?
  /// The number of bytes that the working memory may take.
  public var workingByteLimit: Int

  /// - Parameter workingByteLimit: nil for `Limits.workingByteCount`, and no more than the machine has.
  /// - Precondition: `threadLimit` is positive.
  public init(threadLimit: Int? = nil, workingByteLimit: Int? = nil) {
    precondition(threadLimit.map { $0 > 0 } ?? true, "a session needs at least one thread")
    self.threadLimit = threadLimit
    self.workingByteLimit =
      workingByteLimit ?? min(Limits.standard.workingByteCount, Environment.physicalByteCount)
  }
}
