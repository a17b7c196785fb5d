public import MRDLCore
package import MRDLNumerics

/// ONNX RNN: a simple recurrent layer, H = f(X · Wᵀ + H · Rᵀ + b); f is Tanh unless given.
public struct RNN: RecurrentOperator {
  public static let name = "RNN"

  package let options: RecurrentOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try RecurrentOptions(&attributes, defaults: [.tanh])
  }

  package var cell: Recurrence.Cell { .rnn }
}
