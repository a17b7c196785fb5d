/// What running a node costs.
public struct Cost: Sendable, Hashable {
  /// Multiplications each followed by an addition.
  public var multiplyAdds: Int
  /// Other operations on single numbers: comparisons, additions, one for an exponential.
  public var otherOperations: Int

  public init(multiplyAdds: Int = 0, otherOperations: Int = 0) {
    self.multiplyAdds = multiplyAdds
    self.otherOperations = otherOperations
  }

  /// Floating-point operations: two for each multiply-add.
  public var operations: Int { 2 * multiplyAdds + otherOperations }

  public static func + (left: Cost, right: Cost) -> Cost {
    Cost(
      multiplyAdds: left.multiplyAdds + right.multiplyAdds,
      otherOperations: left.otherOperations + right.otherOperations)
  }
}
