internal import MRDLCore
internal import MRDLNumerics

/// A function of a recurrent layer with its derivative.
struct GateFunction<Element: RealElement> {
  private let activation: RecurrentActivation
  private let alpha: Element
  private let beta: Element

  init(_ activation: RecurrentActivation) {
    self.activation = activation
    alpha = Element(activation.alpha)
    beta = Element(activation.beta)
  }

  var isSigmoid: Bool { activation.kind == .sigmoid }
  var isTangent: Bool { activation.kind == .tanh }

  /// y = f(x).
  func apply(_ count: Int, _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>) {
    switch activation.kind {
    case .sigmoid: Element.sigmoid(count, x, y)
    case .tanh: Element.tangent(count, x, y)
    case .relu: map(count, x, y) { max($0, 0) }
    case .affine: map(count, x, y) { alpha * $0 + beta }
    case .leakyRelu: map(count, x, y) { $0 < 0 ? alpha * $0 : $0 }
    case .thresholdedRelu: map(count, x, y) { $0 > alpha ? $0 : 0 }
    case .scaledTanh:
      map(count, x, y) { beta * $0 }
      Element.tangent(count, y, y)
      map(count, y, y) { alpha * $0 }
    case .hardSigmoid: map(count, x, y) { min(max(alpha * $0 + beta, 0), 1) }
    case .elu: map(count, x, y) { $0 < 0 ? alpha * Element(exponentialMinusOne(Double($0))) : $0 }
    case .softsign: map(count, x, y) { $0 / (1 + $0.magnitude) }
    case .softplus:
      map(count, x, y) {
        max($0, 0) + Element(logarithm(onePlus: exponential(-Double($0.magnitude))))
      }
    }
  }

  /// dx = dy · f′(x); dx may be dy.
  ///
  /// - Parameter y: f(x).
  func back(
    _ count: Int, _ x: UnsafePointer<Element>, _ y: UnsafePointer<Element>,
    _ dy: UnsafePointer<Element>, _ dx: UnsafeMutablePointer<Element>
  ) {
    switch activation.kind {
    case .sigmoid: Element.sigmoidBackward(count, y, dy, dx)
    case .tanh: Element.tanhBackward(count, y, dy, dx)
    case .relu: for i in 0..<count { dx[i] = x[i] > 0 ? dy[i] : 0 }
    case .affine: for i in 0..<count { dx[i] = alpha * dy[i] }
    case .leakyRelu: for i in 0..<count { dx[i] = x[i] < 0 ? alpha * dy[i] : dy[i] }
    case .thresholdedRelu: for i in 0..<count { dx[i] = x[i] > alpha ? dy[i] : 0 }
    case .scaledTanh:
      // y = α tanh(βx): y′ = αβ − β y² / α.
      for i in 0..<count {
        let t = alpha == 0 ? 0 : y[i] / alpha
        dx[i] = dy[i] * alpha * beta * (1 - t * t)
      }
    case .hardSigmoid:
      for i in 0..<count { dx[i] = y[i] > 0 && y[i] < 1 ? alpha * dy[i] : 0 }
    case .elu: for i in 0..<count { dx[i] = x[i] < 0 ? dy[i] * (y[i] + alpha) : dy[i] }
    case .softsign:
      for i in 0..<count {
        let d = 1 + x[i].magnitude
        dx[i] = dy[i] / (d * d)
      }
    case .softplus:
      // 1 − exp(−y) is the sigmoid of x.
      for i in 0..<count { dx[i] = -dy[i] * Element(exponentialMinusOne(-Double(y[i]))) }
    }
  }

  @inline(__always)
  private func map(
    _ count: Int, _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>,
    _ function: (Element) -> Element
  ) {
    for i in 0..<count { y[i] = function(x[i]) }
  }
}
