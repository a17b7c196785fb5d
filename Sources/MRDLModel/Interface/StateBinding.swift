/// An output that feeds an input at the next call.
public struct StateBinding: Sendable, Hashable {
  public var output: String
  public var input: String
  /// The tensor with the first value; nil for zeros.
  public var initial: String?

  public init(output: String, input: String, initial: String? = nil) {
    self.output = output
    self.input = input
    self.initial = initial
  }
}
