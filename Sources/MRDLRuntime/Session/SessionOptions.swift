/// How a session runs.
public struct SessionOptions: Sendable, Hashable {
  /// How many threads may take part, the caller among them; nil for as many as the process may use.
  /// Results do not depend on it.
  public var threadLimit: Int?
  /// The number of bytes that the working memory may take.
  public var workingByteLimit: Int

  /// - Precondition: `threadLimit` is positive.
  public init(threadLimit: Int? = nil, workingByteLimit: Int = Int.max) {
    precondition(threadLimit.map { $0 > 0 } ?? true, "a session needs at least one thread")
    self.threadLimit = threadLimit
    self.workingByteLimit = workingByteLimit
  }
}
