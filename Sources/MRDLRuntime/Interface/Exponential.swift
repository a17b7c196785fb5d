#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// e to the power of x, in double precision.
func exponential(_ x: Double) -> Double { exp(x) }
