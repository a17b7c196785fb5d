package import MRDLCore

/// What the numbers of a tensor are like.
package struct TensorStatistics: Sendable, Hashable {
  package private(set) var elementCount = 0
  /// Of the finite elements; nil where there are none.
  package private(set) var minimum: Double?
  package private(set) var maximum: Double?
  package private(set) var mean: Double?
  /// The root of the mean square distance from the mean.
  package private(set) var standardDeviation: Double?
  package private(set) var zeroCount = 0
  /// NaN and infinities.
  package private(set) var nonfiniteCount = 0

  /// Looks at every element.
  ///
  /// - Throws: `MRDL1304` for a type that this release does not compute with.
  /// - Complexity: O(n), twice over the elements.
  package init(_ tensor: Tensor) throws(MRDLError) {
    elementCount = tensor.elementCount
    switch tensor.scalarType {
    case .float64: measure(tensor.span(of: Double.self)) { $0 }
    case .float32: measure(tensor.span(of: Float.self)) { Double($0) }
    case .float16: measure(tensor.span(of: Half.self)) { Double($0.float) }
    case .bfloat16: measure(tensor.span(of: BFloat16.self)) { Double($0.float) }
    case .int8: measure(tensor.span(of: Int8.self)) { Double($0) }
    case .int16: measure(tensor.span(of: Int16.self)) { Double($0) }
    case .int32: measure(tensor.span(of: Int32.self)) { Double($0) }
    case .int64: measure(tensor.span(of: Int64.self)) { Double($0) }
    case .uint8: measure(tensor.span(of: UInt8.self)) { Double($0) }
    case .uint16: measure(tensor.span(of: UInt16.self)) { Double($0) }
    case .uint32: measure(tensor.span(of: UInt32.self)) { Double($0) }
    case .uint64: measure(tensor.span(of: UInt64.self)) { Double($0) }
    case .bool: measure(tensor.span(of: Bool.self)) { $0 ? 1 : 0 }
    default:
      throw MRDLError(
        .unsupportedScalarType, "the elements of the tensor cannot be measured",
        found: tensor.scalarType.rawValue)
    }
  }

  private mutating func measure<Element>(
    _ elements: borrowing Span<Element>, _ number: (Element) -> Double
  ) {
    var sum = 0.0
    var lowest = Double.infinity
    var highest = -Double.infinity
    for index in elements.indices {
      let value = number(elements[index])
      guard value.isFinite else {
        nonfiniteCount += 1
        continue
      }
      if value == 0 { zeroCount += 1 }
      sum += value
      lowest = min(lowest, value)
      highest = max(highest, value)
    }
    let count = elements.count - nonfiniteCount
    guard count > 0 else { return }
    let mean = sum / Double(count)
    // A second pass over the distances keeps the digits that a difference of large squares would lose.
    var squares = 0.0
    for index in elements.indices {
      let value = number(elements[index])
      if value.isFinite { squares += (value - mean) * (value - mean) }
    }
    minimum = lowest
    maximum = highest
    self.mean = mean
    standardDeviation = (squares / Double(count)).squareRoot()
  }

  /// The statistics as members of a JSON object.
  var json: JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map { .finite($0) } ?? .null }
    return .object([
      "minimum": number(minimum), "maximum": number(maximum), "mean": number(mean),
      "standard_deviation": number(standardDeviation), "zeros": .integer(Int64(zeroCount)),
      "nonfinite": .integer(Int64(nonfiniteCount)),
    ])
  }
}
