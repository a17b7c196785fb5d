internal import MRDLCore
internal import MRDLNumerics

extension ElementaryFunction {
  /// Calls `body` with the derivative of the function; at a kink it is that of one side.
  ///
  /// - Precondition: the function is one that `FunctionGradient` names.
  func withDerivative(_ body: ((Double) -> Double) -> Void) {
    switch self {
    case .sqrt: body { 0.5 / $0.squareRoot() }
    case .reciprocal: body { -1 / ($0 * $0) }
    case .erf: body { 2 / Double.pi.squareRoot() * exponential(-$0 * $0) }
    case .ceil, .floor, .round, .sign: body { _ in 0 }
    case .sin: body { cosine($0) }
    case .cos: body { -sine($0) }
    case .tan:
      body {
        let t = tangent($0)
        return 1 + t * t
      }
    case .asin: body { 1 / (1 - $0 * $0).squareRoot() }
    case .acos: body { -1 / (1 - $0 * $0).squareRoot() }
    case .atan: body { 1 / (1 + $0 * $0) }
    case .sinh: body { hyperbolicCosine($0) }
    case .cosh: body { hyperbolicSine($0) }
    case .asinh: body { 1 / ($0 * $0 + 1).squareRoot() }
    case .acosh: body { 1 / ($0 * $0 - 1).squareRoot() }
    case .atanh: body { 1 / (1 - $0 * $0) }
    case .hardSigmoid(let alpha, let beta):
      body { 0 < alpha * $0 + beta && alpha * $0 + beta < 1 ? alpha : 0 }
    case .hardSwish: body { $0 <= -3 ? 0 : $0 >= 3 ? 1 : $0 / 3 + 0.5 }
    case .thresholdedRelu(let alpha): body { $0 > alpha ? 1 : 0 }
    case .softsign: body { 1 / ((1 + $0.magnitude) * (1 + $0.magnitude)) }
    case .softplus: body { Self.logistic($0) }
    case .elu(let alpha): body { $0 < 0 ? alpha * exponential($0) : 1 }
    case .selu(let alpha, let gamma): body { $0 > 0 ? gamma : gamma * alpha * exponential($0) }
    case .celu(let alpha): body { $0 < 0 ? exponential($0 / alpha) : 1 }
    case .swish(let alpha):
      body {
        let s = Self.logistic(alpha * $0)
        return s + alpha * $0 * s * (1 - s)
      }
    case .gelu:
      // Φ + x φ.
      body {
        0.5 * (1 + errorFunction($0 * 0.5.squareRoot()))
          + $0 * exponential(-0.5 * $0 * $0) / (2 * Double.pi).squareRoot()
      }
    case .geluTanh:
      let scale = (2 / Double.pi).squareRoot()
      body {
        let t = hyperbolicTangent(scale * ($0 + 0.044715 * $0 * $0 * $0))
        return 0.5 * (1 + t) + 0.5 * $0 * (1 - t * t) * scale * (1 + 3 * 0.044715 * $0 * $0)
      }
    case .mish:
      body {
        let t = hyperbolicTangent(max($0, 0) + logarithm(onePlus: exponential(-$0.magnitude)))
        return t + $0 * (1 - t * t) * Self.logistic($0)
      }
    default: preconditionFailure("\(self) has a gradient of its own")
    }
  }

  private static func logistic(_ x: Double) -> Double {
    let e = exponential(-x.magnitude)
    return x < 0 ? e / (1 + e) : 1 / (1 + e)
  }
}
