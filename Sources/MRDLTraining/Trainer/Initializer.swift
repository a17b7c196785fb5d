public import MRDLCore
public import MRDLNumerics

/// The first values of a parameter.
///
/// Both distributions are uniform: a uniform number is made of exact arithmetic, so that a seed gives the
/// same parameters on every machine.
public enum Initializer: String, Sendable, Hashable, CaseIterable {
  case zeros
  /// Between ±√(6 / (fan-in + fan-out)), which keeps the variance of values and residuals through layers
  /// that are linear near zero, such as with sigmoid or tanh (Glorot and Bengio, 2010: "Xavier").
  case glorot
  /// Between ±√(6 / fan-in), which keeps the variance through rectifiers (He et al., 2015).
  case he

  /// A new parameter in `f32`.
  ///
  /// - Parameters:
  ///   - fanIn: how many values flow into one result.
  ///   - fanOut: how many results one value flows into.
  public func tensor(
    _ shape: Shape, fanIn: Int, fanOut: Int, numbers: inout RandomNumbers
  ) -> Tensor {
    let bound: Double
    switch self {
    case .zeros: return Tensor(zeros: shape)
    case .glorot: bound = (6 / Double(max(fanIn + fanOut, 1))).squareRoot()
    case .he: bound = (6 / Double(max(fanIn, 1))).squareRoot()
    }
    let values = (0..<shape.elementCount).map { _ in
      Float(numbers.nextUniform(from: -bound, to: bound))
    }
    return Tensor(values, shape: shape)
  }
}
