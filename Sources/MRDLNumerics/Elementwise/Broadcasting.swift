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
    /// NaN wins.
    case maximum
    /// NaN wins.
    case minimum
    /// The remainder with the sign of the divisor.
    case modulo
    /// The remainder with the sign of the dividend.
    case remainder
    /// Bits; of whole numbers only.
    case and
    case or
    case xor
    /// Bits of the left operand, moved up by the right one; of whole numbers only.
    case shiftLeft
    case shiftRight
    /// The right operand: makes it as large as the result.
    case right
  }

  package let operation: Operation
  package let scalarType: ScalarType
  package let layout: BroadcastLayout

  /// An operation, or nil where there is none for the type.
  package init?(_ operation: Operation, _ scalarType: ScalarType, _ layout: BroadcastLayout) {
    guard scalarType == .float32 || scalarType == .float64 || scalarType.isInteger,
      scalarType.isComputable
    else { return nil }
    switch operation {
    case .power, .parametricRelu: if scalarType.isInteger { return nil }
    case .and, .or, .xor, .shiftLeft, .shiftRight: if !scalarType.isInteger { return nil }
    default: break
    }
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
    switch operation {
    // These tell signs apart.
    case .divide, .modulo, .remainder, .maximum, .minimum, .shiftRight:
      switch scalarType {
      case .float32: x.combine(Float.self, operation)
      case .float64: x.combine(Double.self, operation)
      case .int8: return x.combineSigned(Int8.self, operation)
      case .int16: return x.combineSigned(Int16.self, operation)
      case .int32: return x.combineSigned(Int32.self, operation)
      case .int64: return x.combineSigned(Int64.self, operation)
      case .uint8: return x.combineSigned(UInt8.self, operation)
      case .uint16: return x.combineSigned(UInt16.self, operation)
      case .uint32: return x.combineSigned(UInt32.self, operation)
      default: return x.combineSigned(UInt64.self, operation)
      }
      return true
    default: break
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
    layout.combine(
      left.assumingMemoryBound(to: type), right.assumingMemoryBound(to: type),
      output.assumingMemoryBound(to: type), function)
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
    case .maximum: forEach(type) { $0 > $1 || $0.isNaN ? $0 : $1 }
    case .minimum: forEach(type) { $0 < $1 || $0.isNaN ? $0 : $1 }
    case .modulo:
      forEach(type) { x, y in
        let rest = x.truncatingRemainder(dividingBy: y)
        return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
      }
    case .remainder: forEach(type) { $0.truncatingRemainder(dividingBy: $1) }
    case .right: forEach(type) { _, y in y }
    case .and, .or, .xor, .shiftLeft, .shiftRight:
      preconditionFailure("real numbers have no operation \(operation)")
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
    case .and: forEach(type) { $0 & $1 }
    case .or: forEach(type) { $0 | $1 }
    case .xor: forEach(type) { $0 ^ $1 }
    case .shiftLeft: forEach(type) { $0 << $1 }
    case .right: forEach(type) { _, y in y }
    case .divide, .modulo, .remainder, .maximum, .minimum, .shiftRight, .power, .parametricRelu:
      preconditionFailure("\(operation) has its own loops, or none for whole numbers")
    }
  }

  @inline(__always)
  func combineSigned<Scalar: TensorElement & FixedWidthInteger>(
    _ type: Scalar.Type, _ operation: Broadcasting.Operation
  ) -> Bool {
    switch operation {
    case .maximum: forEach(type) { max($0, $1) }
    case .minimum: forEach(type) { min($0, $1) }
    // A negative number of places is more than there are.
    case .shiftRight: forEach(type) { $0 >> Scalar.Magnitude(truncatingIfNeeded: $1) }
    default:
      if hasZeroDivisor(type) { return false }
      switch operation {
      case .divide: forEach(type) { $0.dividedReportingOverflow(by: $1).partialValue }
      case .remainder: forEach(type) { $0.remainderReportingOverflow(dividingBy: $1).partialValue }
      default:
        forEach(type) { x, y in
          let rest = x.remainderReportingOverflow(dividingBy: y).partialValue
          return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
        }
      }
    }
    return true
  }

  /// Every divisor is looked at before an output, which may be the same memory, is written.
  @inline(__always)
  private func hasZeroDivisor<Scalar: TensorElement & FixedWidthInteger>(
    _ type: Scalar.Type
  ) -> Bool {
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
    return hasZero
  }
}
