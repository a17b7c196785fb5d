internal import MRDLCore

// Functions without vector kernels of their own.

extension ElementaryFunction {
  /// Functions that are computed in double precision and rounded once, or in a few operations that the
  /// compiler turns into vector instructions by itself.
  @inline(__always)
  func applyToEach<Scalar: BinaryFloatingPoint>(
    _ count: Int, _ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>
  ) {
    @inline(__always) func map(_ function: (Scalar) -> Scalar) {
      for index in 0..<count { y[index] = function(x[index]) }
    }
    @inline(__always) func mapDouble(_ function: (Double) -> Double) {
      for index in 0..<count { y[index] = Scalar(function(Double(x[index]))) }
    }
    switch self {
    case .sin: mapDouble { sine($0) }
    case .cos: mapDouble { cosine($0) }
    case .tan: mapDouble { tangent($0) }
    case .asin: mapDouble { arcSine($0) }
    case .acos: mapDouble { arcCosine($0) }
    case .atan: mapDouble { arcTangent($0) }
    case .sinh: mapDouble { hyperbolicSine($0) }
    case .cosh: mapDouble { hyperbolicCosine($0) }
    case .asinh: mapDouble { inverseHyperbolicSine($0) }
    case .acosh: mapDouble { inverseHyperbolicCosine($0) }
    case .atanh: mapDouble { inverseHyperbolicTangent($0) }
    case .ceil: map { $0.rounded(.up) }
    case .floor: map { $0.rounded(.down) }
    case .round: map { $0.rounded(.toNearestOrEven) }
    case .sign: map { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
    case .reciprocal: map { 1 / $0 }
    case .softplus: mapDouble { Self.softplus($0) }
    case .softsign: map { $0 / (1 + $0.magnitude) }
    case .elu(let alpha): mapDouble { $0 < 0 ? alpha * exponentialMinusOne($0) : $0 }
    case .selu(let alpha, let gamma):
      mapDouble { $0 > 0 ? gamma * $0 : gamma * alpha * exponentialMinusOne($0) }
    case .celu(let alpha):
      mapDouble { $0 < 0 ? min(0, alpha * exponentialMinusOne($0 / alpha)) : $0 }
    case .gelu: mapDouble { 0.5 * $0 * (1 + errorFunction($0 * 0.5.squareRoot())) }
    case .geluTanh:
      let scale = (2 / Double.pi).squareRoot()
      mapDouble { 0.5 * $0 * (1 + hyperbolicTangent(scale * ($0 + 0.044715 * $0 * $0 * $0))) }
    case .mish: mapDouble { $0 * hyperbolicTangent(Self.softplus($0)) }
    case .hardSwish: map { $0 * max(0, min(1, $0 * (1 / 6) + 0.5)) }
    case .swish(let alpha): mapDouble { $0 / (1 + exponential(-alpha * $0)) }
    case .thresholdedRelu(let alpha): map { $0 > Scalar(alpha) ? $0 : 0 }
    case .shrink(let bias, let lambda):
      let (bias, lambda) = (Scalar(bias), Scalar(lambda))
      map { $0 < -lambda ? $0 + bias : $0 > lambda ? $0 - bias : 0 }
    default: preconditionFailure("\(self) has a kernel of its own")
    }
  }

  @inline(__always)
  private static func softplus(_ x: Double) -> Double {
    max(x, 0) + logarithm(onePlus: exponential(-x.magnitude))
  }

  /// Products of x with a function that has a vector kernel; both may be the same memory.
  func applyInStretches(
    _ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    let stretch = 256
    withUnsafeTemporaryAllocation(of: Float.self, capacity: stretch) { buffer in
      guard let inner = buffer.baseAddress else { return }
      for start in stride(from: 0, to: count, by: stretch) {
        let length = min(stretch, count - start)
        let (x, y) = (x + start, y + start)
        if case .swish(let alpha) = self {
          let alpha = Float(alpha)
          for index in 0..<length { inner[index] = alpha * x[index] }
          ElementaryFunction.sigmoid.apply(length, inner, inner)
          for index in 0..<length { y[index] = x[index] * inner[index] }
        } else {
          let scale = Float(0.5).squareRoot()
          for index in 0..<length { inner[index] = scale * x[index] }
          ElementaryFunction.erf.apply(length, inner, inner)
          for index in 0..<length { y[index] = 0.5 * x[index] * (1 + inner[index]) }
        }
      }
    }
  }
}
