import CMRDLKernels
import Glibc

/// A function of one real number that has a kernel, and what it should give.
struct ElementaryFunction {
  let name: String
  let kernel: (_ count: Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  let exact: (Double) -> Double

  /// The kernels of the instruction set in use.
  static func all(_ kernels: mrdl_f32_kernels) -> [ElementaryFunction] {
    [
      ElementaryFunction(name: "exp", kernel: kernels.exp, exact: { Glibc.exp($0) }),
      ElementaryFunction(name: "log", kernel: kernels.log, exact: { Glibc.log($0) }),
      ElementaryFunction(
        name: "sigmoid", kernel: kernels.sigmoid,
        exact: { x in
          // Both forms are exact to a few units of double precision where they are used.
          x < 0 ? Glibc.exp(x) / (1 + Glibc.exp(x)) : 1 / (1 + Glibc.exp(-x))
        }),
      ElementaryFunction(name: "tanh", kernel: kernels.tanh, exact: { Glibc.tanh($0) }),
      ElementaryFunction(name: "erf", kernel: kernels.erf, exact: { Glibc.erf($0) }),
    ]
  }

  /// The largest error over the numbers whose bits are `first`, `first + stride`, …
  ///
  /// - Parameter count: how many numbers.
  func worst(first: UInt64, count: Int, stride: UInt64) -> FunctionError {
    var inputs = [Float](repeating: 0, count: count)
    var outputs = inputs
    for index in 0..<count {
      inputs[index] = Float(bitPattern: UInt32(truncatingIfNeeded: first + UInt64(index) * stride))
    }
    kernel(count, inputs, &outputs)
    var worst = FunctionError(units: -1, input: 0)
    for index in 0..<count {
      let units = Self.units(between: outputs[index], and: exact(Double(inputs[index])))
      if units > worst.units { worst = FunctionError(units: units, input: inputs[index]) }
    }
    return worst
  }

  /// The distance in units of the last place that a float32 near the exact number has.
  static func units(between found: Float, and exact: Double) -> Double {
    if exact.isNaN || found.isNaN { return exact.isNaN && found.isNaN ? 0 : .infinity }
    // Half a unit beyond the largest number, where rounding gives infinity.
    let overflow = Double(Float.greatestFiniteMagnitude) + 0x1p103
    if found.isInfinite || exact.magnitude >= overflow {
      let isSame = found.isInfinite && (found < 0) == (exact < 0)
      return isSame && exact.magnitude >= overflow ? 0 : .infinity
    }
    let exponent = max(exact == 0 ? -149 : Int(exact.exponent) - 23, -149)
    return (Double(found) - exact).magnitude * Glibc.exp2(Double(-exponent))
  }
}

/// How far off a function is, and where.
struct FunctionError: Sendable {
  var units: Double
  var input: Float
}
