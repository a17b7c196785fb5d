package import MRDLCore

/// A comparison of two arrays, element by element, with the broadcasting rules of NumPy; the result is an
/// array of truth values. NaN is equal to nothing and neither less nor greater.
package struct Comparison: Sendable {
  package enum Operation: Sendable {
    case equal
    case less
    case lessOrEqual
    case greater
    case greaterOrEqual
  }

  private let operation: Operation
  private let scalarType: ScalarType
  private let layout: BroadcastLayout

  /// A comparison, or nil where there is none for the type.
  package init?(_ operation: Operation, _ scalarType: ScalarType, _ layout: BroadcastLayout) {
    guard
      scalarType == .float32 || scalarType == .float64 || scalarType == .bool
        || scalarType.isInteger && scalarType.isComputable
    else { return nil }
    self.operation = operation
    self.scalarType = scalarType
    self.layout = layout
  }

  /// Computes the result, a byte for each element.
  package func run(
    left: UnsafeRawPointer, right: UnsafeRawPointer, output: UnsafeMutablePointer<UInt8>
  ) {
    switch scalarType {
    case .float32: run(left, right, output, Float.self)
    case .float64: run(left, right, output, Double.self)
    case .int8: run(left, right, output, Int8.self)
    case .int16: run(left, right, output, Int16.self)
    case .int32: run(left, right, output, Int32.self)
    case .int64: run(left, right, output, Int64.self)
    case .uint16: run(left, right, output, UInt16.self)
    case .uint32: run(left, right, output, UInt32.self)
    case .uint64: run(left, right, output, UInt64.self)
    default: run(left, right, output, UInt8.self)
    }
  }

  private func run<Scalar: Comparable>(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ output: UnsafeMutablePointer<UInt8>,
    _ type: Scalar.Type
  ) {
    let x = left.assumingMemoryBound(to: type)
    let y = right.assumingMemoryBound(to: type)
    switch operation {
    case .equal: layout.combine(x, y, output) { $0 == $1 ? 1 : 0 }
    case .less: layout.combine(x, y, output) { $0 < $1 ? 1 : 0 }
    case .lessOrEqual: layout.combine(x, y, output) { $0 <= $1 ? 1 : 0 }
    case .greater: layout.combine(x, y, output) { $0 > $1 ? 1 : 0 }
    case .greaterOrEqual: layout.combine(x, y, output) { $0 >= $1 ? 1 : 0 }
    }
  }
}
