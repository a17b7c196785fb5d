extension FixedWidthInteger {
  /// The sum, or nil where it cannot be represented.
  @inlinable
  public func addingChecked(_ other: Self) -> Self? {
    let (value, overflow) = addingReportingOverflow(other)
    return overflow ? nil : value
  }

  /// The product, or nil where it cannot be represented.
  @inlinable
  public func multipliedChecked(by other: Self) -> Self? {
    let (value, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : value
  }

  /// The value rounded up to a multiple of `alignment`.
  ///
  /// - Precondition: the value is not negative, and the result can be represented.
  @inlinable
  package func roundedUp(toMultipleOf alignment: Self) -> Self {
    (self + (alignment - 1)) / alignment * alignment
  }

  /// The value rounded up to a multiple of `alignment`, or nil where it cannot be represented.
  @inlinable
  public func roundedUpChecked(toMultipleOf alignment: Self) -> Self? {
    let remainder = self % alignment
    return remainder == 0 ? self : addingChecked(alignment - remainder)
  }
}

extension Sequence where Element: FixedWidthInteger {
  /// The product of all elements, 1 for none, or nil where it cannot be represented.
  @inlinable
  public func productChecked() -> Element? {
    var result: Element = 1
    for element in self {
      guard let next = result.multipliedChecked(by: element) else { return nil }
      result = next
    }
    return result
  }
}
