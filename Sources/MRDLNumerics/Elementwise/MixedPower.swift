package import MRDLCore

/// Powers of numbers of one type with exponents of another, with the broadcasting rules of NumPy.
package struct MixedPower: Sendable {
  private let scalarType: ScalarType
  private let layout: BroadcastLayout

  /// Powers of numbers of a type, or nil where there are none.
  package init?(_ scalarType: ScalarType, _ layout: BroadcastLayout) {
    switch scalarType {
    case .float32, .float64, .int32, .int64: break
    default: return nil
    }
    self.scalarType = scalarType
    self.layout = layout
  }

  /// Computes the powers. Whole numbers to the power of a whole one that is not negative wrap around.
  package func run(
    base: UnsafeRawPointer, exponent: UnsafePointer<Double>, output: UnsafeMutableRawPointer
  ) {
    switch scalarType {
    case .float32: reals(base, exponent, output, Float.self)
    case .float64: reals(base, exponent, output, Double.self)
    case .int32: integers(base, exponent, output, Int32.self)
    default: integers(base, exponent, output, Int64.self)
    }
  }

  private func reals<Scalar: BinaryFloatingPoint>(
    _ base: UnsafeRawPointer, _ exponent: UnsafePointer<Double>, _ output: UnsafeMutableRawPointer,
    _ type: Scalar.Type
  ) {
    layout.combine(
      base.assumingMemoryBound(to: type), exponent, output.assumingMemoryBound(to: type)
    ) { Scalar(MRDLCore.power(Double($0), $1)) }
  }

  private func integers<Scalar: FixedWidthInteger>(
    _ base: UnsafeRawPointer, _ exponent: UnsafePointer<Double>, _ output: UnsafeMutableRawPointer,
    _ type: Scalar.Type
  ) {
    layout.combine(
      base.assumingMemoryBound(to: type), exponent, output.assumingMemoryBound(to: type)
    ) { base, exponent in
      guard exponent >= 0, exponent == exponent.rounded(), exponent < 0x1p62 else {
        let value = MRDLCore.power(Double(base), exponent).rounded(.towardZero)
        return Scalar(exactly: value) ?? (value.isNaN ? 0 : value < 0 ? .min : .max)
      }
      var (result, square, rest) = (Scalar(1), base, Int(exponent))
      while rest > 0 {
        if rest & 1 == 1 { result = result &* square }
        square = square &* square
        rest >>= 1
      }
      return result
    }
  }
}
