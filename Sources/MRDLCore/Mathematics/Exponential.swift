#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// *e* to the power of `x`, as the mathematical library of the system has it.
package func exponential(_ x: Double) -> Double { exp(x) }

/// `x` to the power of `y`, as the mathematical library of the system has it.
package func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }

/// log(1 + x), exact for small x.
package func logarithm(onePlus x: Double) -> Double { log1p(x) }

/// The natural logarithm.
package func logarithm(_ x: Double) -> Double { log(x) }

/// *e* to the power of `x`, minus 1, exact for small x.
package func exponentialMinusOne(_ x: Double) -> Double { expm1(x) }

/// The error function.
package func errorFunction(_ x: Double) -> Double { erf(x) }
