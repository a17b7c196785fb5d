public import MRDLCore
package import MRDLNumerics

/// ONNX GRU: gated recurrent units, H = (1 − z) ∘ h + z ∘ H with the gates z, r and the candidate h.
///
/// `linear_before_reset` applies r to the product of H and its weights rather than to H.
public struct GRU: RecurrentOperator {
  public static let name = "GRU"

  package let options: RecurrentOptions
  private let linearBeforeReset: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try RecurrentOptions(&attributes, defaults: [.sigmoid, .tanh])
    linearBeforeReset = try attributes.flag("linear_before_reset")
  }

  package var cell: Recurrence.Cell { .gru(linearBeforeReset: linearBeforeReset) }
}
