package import MRDLCore

/// An arithmetic operation on two arrays, element by element, with the broadcasting rules of NumPy.
///
/// Whole numbers wrap around; their quotient is cut off towards zero.
package struct Broadcasting: Sendable {
  package enum Operation: Sendable {
    case add
    case subtract
    case multiply
    case divide
    /// The left operand to the power of the right one; of real numbers only.
    case power
    /// The left operand where it is not negative, its product with the right one elsewhere; of real
    /// numbers only.
    case parametricRelu
  }

  package let operation: Operation
  package let scalarType: ScalarType
  package let layout: BroadcastLayout

  /// An operation, or nil where there is none for the type.
  package init?(_ operation: Operation, _ scalarType: ScalarType, _ layout: BroadcastLayout) {
    guard scalarType == .float32 || scalarType == .float64 || scalarType.isInteger,
      scalarType.isComputable
    else { return nil }
    if scalarType.isInteger, operation == .power || operation == .parametricRelu { return nil }
    self.operation = operation
    self.scalarType = scalarType
    self.layout = layout
  }

  /// Computes the result, which may be the same memory as an operand of its shape.
  ///
  /// - Returns: false, with the output as it was, for a division of whole numbers by zero.
  package func run(
    left: UnsafeRawPointer, right: UnsafeRawPointer, output: UnsafeMutableRawPointer
  ) -> Bool {
    let x = Operands(left: left, right: right, output: output, layout: layout)
    if operation == .divide {
      switch scalarType {
      case .float32: x.forEach(Float.self) { $0 / $1 }
      case .float64: x.forEach(Double.self) { $0 / $1 }
      case .int8: return x.divide(Int8.self)
      case .int16: return x.divide(Int16.self)
      case .int32: return x.divide(Int32.self)
      case .int64: return x.divide(Int64.self)
      case .uint8: return x.divide(UInt8.self)
      case .uint16: return x.divide(UInt16.self)
      case .uint32: return x.divide(UInt32.self)
      default: return x.divide(UInt64.self)
      }
      return true
    }
    switch scalarType {
    case .float32: x.combine(Float.self, operation)
    case .float64: x.combine(Double.self, operation)
    // Sums, differences and products that wrap have the same bits with and without sign.
    case .int8, .uint8: x.combineWrapping(UInt8.self, operation)
    case .int16, .uint16: x.combineWrapping(UInt16.self, operation)
    case .int32, .uint32: x.combineWrapping(UInt32.self, operation)
    default: x.combineWrapping(UInt64.self, operation)
    }
    return true
  }
}

private struct Operands {
  let left: UnsafeRawPointer
  let right: UnsafeRawPointer
  let output: UnsafeMutableRawPointer
  let layout: BroadcastLayout

  @inline(__always)
  func forEach<Scalar: TensorElement>(
    _ type: Scalar.Type, _ function: (Scalar, Scalar) -> Scalar
  ) {
    let x = left.assumingMemoryBound(to: type)
    let y = right.assumingMemoryBound(to: type)
    let z = output.assumingMemoryBound(to: type)
    let count = layout.rowLength
    switch layout.row {
    case .arrays:
      layout.forEachRow(in: 0..<layout.rowCount) { row, left, right in
        let (x, y, z) = (x + left, y + right, z + row * count)
        for index in 0..<count { z[index] = function(x[index], y[index]) }
      }
    case .leftElement:
      layout.forEachRow(in: 0..<layout.rowCount) { row, left, right in
        let (element, y, z) = (x[left], y + right, z + row * count)
        for index in 0..<count { z[index] = function(element, y[index]) }
      }
    case .rightElement:
      layout.forEachRow(in: 0..<layout.rowCount) { row, left, right in
        let (x, element, z) = (x + left, y[right], z + row * count)
        for index in 0..<count { z[index] = function(x[index], element) }
      }
    }
  }

  @inline(__always)
  func combine<Scalar: TensorElement & BinaryFloatingPoint>(
    _ type: Scalar.Type, _ operation: Broadcasting.Operation
  ) {
    switch operation {
    case .add: forEach(type) { $0 + $1 }
    case .subtract: forEach(type) { $0 - $1 }
    case .multiply: forEach(type) { $0 * $1 }
    case .divide: forEach(type) { $0 / $1 }
    case .power: forEach(type) { Scalar(MRDLCore.power(Double($0), Double($1))) }
    case .parametricRelu: forEach(type) { $0 < 0 ? $0 * $1 : $0 }
    }
  }

  @inline(__always)
  func combineWrapping<Scalar: TensorElement & FixedWidthInteger>(
    _ type: Scalar.Type, _ operation: Broadcasting.Operation
  ) {
    switch operation {
    case .add: forEach(type) { $0 &+ $1 }
    case .subtract: forEach(type) { $0 &- $1 }
    case .multiply: forEach(type) { $0 &* $1 }
    case .divide, .power, .parametricRelu:
      preconditionFailure("\(operation) has its own loops, or none for whole numbers")
    }
  }

  @inline(__always)
  func divide<Scalar: TensorElement & FixedWidthInteger>(_ type: Scalar.Type) -> Bool {
    // Every divisor is found before an output, which may be the same memory, is written.
    let divisors = right.assumingMemoryBound(to: type)
    var hasZero = false
    layout.forEachRow(in: 0..<layout.rowCount) { _, _, right in
      switch layout.row {
      case .rightElement: hasZero = hasZero || divisors[right] == 0
      default:
        for index in 0..<layout.rowLength {
          hasZero = hasZero || divisors[right + index] == 0
        }
      }
    }
    if hasZero { return false }
    forEach(type) { $0.dividedReportingOverflow(by: $1).partialValue }
    return true
  }
}
