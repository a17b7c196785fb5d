public import MRDLCore
package import MRDLNumerics

/// ONNX Gelu: x · Φ(x) with the distribution function of the normal distribution, or its approximation by a
/// hyperbolic tangent where `approximate` is "tanh".
public struct Gelu: ElementwiseFunction {
  public static let name = "Gelu"

  private enum Approximation: String, CaseIterable {
    case none
    case tanh
  }

  private let approximation: Approximation

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    approximation = try attributes.choice("approximate", default: .none)
  }

  package var function: ElementaryFunction { approximation == .tanh ? .geluTanh : .gelu }
}
