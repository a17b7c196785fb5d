/// What running a node costs. What cannot be counted in 63 bits counts as the largest number there is.
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
  public var operations: Int { Self.sum(Self.product(2, multiplyAdds), otherOperations) }

  public static func + (left: Cost, right: Cost) -> Cost {
    Cost(
      multiplyAdds: sum(left.multiplyAdds, right.multiplyAdds),
      otherOperations: sum(left.otherOperations, right.otherOperations))
  }

  /// The sum of numbers that are not negative.
  package static func sum(_ left: Int, _ right: Int) -> Int {
    let (sum, isTooLarge) = left.addingReportingOverflow(right)
    return isTooLarge ? .max : sum
  }

  /// The product of numbers that are not negative.
  package static func product(_ factors: Int...) -> Int {
    var result = 1
    for factor in factors where result != 0 {
      let (product, isTooLarge) = result.multipliedReportingOverflow(by: factor)
      result = isTooLarge ? .max : product
    }
    return result
  }
}
