public import MRDLCore
public import MRDLNumerics

/// The first values of a parameter.
///
/// Uniform and normal numbers are made of exact arithmetic, so that a seed gives the same parameters on
/// every machine.
public enum Initializer: String, Sendable, Hashable, CaseIterable {
  case zeros
  /// Between ±√(6 / (fan-in + fan-out)), which keeps the variance of values and residuals through layers
  /// that are linear near zero, such as with sigmoid or tanh (Glorot and Bengio, 2010: "Xavier").
  case glorot
  /// Between ±√(6 / fan-in), which keeps the variance through rectifiers (He et al., 2015).
  case he
  /// Normal, with the variance of `glorot`.
  case glorotNormal = "glorot-normal"
  /// Normal, with the variance of `he`.
  case heNormal = "he-normal"
  /// Normal, with the variance 1 / fan-in, which keeps the variance through `selu` (LeCun et al., 1998).
  case lecunNormal = "lecun-normal"

  /// A new parameter in `f32`.
  ///
  /// - Parameters:
  ///   - fanIn: how many values flow into one result.
  ///   - fanOut: how many results one value flows into.
  public func tensor(
    _ shape: Shape, fanIn: Int, fanOut: Int, numbers: inout RandomNumbers
  ) -> Tensor {
    let variance: Double
    switch self {
    case .zeros: return Tensor(zeros: shape)
    case .glorot, .glorotNormal: variance = 2 / Double(max(fanIn + fanOut, 1))
    case .he, .heNormal: variance = 2 / Double(max(fanIn, 1))
    case .lecunNormal: variance = 1 / Double(max(fanIn, 1))
    }
    let bound = (3 * variance).squareRoot()
    let deviation = variance.squareRoot()
    let isUniform = self == .glorot || self == .he
    let values = (0..<shape.elementCount).map { _ in
      Float(
        isUniform
          ? numbers.nextUniform(from: -bound, to: bound) : deviation * numbers.nextNormal())
    }
    return Tensor(values, shape: shape)
  }
}
