#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

// The functions as the mathematical library of the system has them.

package func sine(_ x: Double) -> Double { sin(x) }

package func cosine(_ x: Double) -> Double { cos(x) }

package func tangent(_ x: Double) -> Double { tan(x) }

package func arcSine(_ x: Double) -> Double { asin(x) }

package func arcCosine(_ x: Double) -> Double { acos(x) }

package func arcTangent(_ x: Double) -> Double { atan(x) }

package func hyperbolicSine(_ x: Double) -> Double { sinh(x) }

package func hyperbolicCosine(_ x: Double) -> Double { cosh(x) }

package func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }

package func inverseHyperbolicSine(_ x: Double) -> Double { asinh(x) }

package func inverseHyperbolicCosine(_ x: Double) -> Double { acosh(x) }

package func inverseHyperbolicTangent(_ x: Double) -> Double { atanh(x) }
