public import MRDLCore
package import MRDLNumerics

/// ONNX LSTM: long short-term memory, C = f ∘ C + i ∘ c and H = o ∘ h(C) with the gates i, o, f and the
/// candidate c.
///
/// Two more inputs than the other recurrent layers: the first cell state, and weights of peepholes
/// [directions, 3 · hidden]. A third output is the last cell state. `input_forget` makes f = 1 − i.
public struct LSTM: RecurrentOperator {
  public static let name = "LSTM"
  public static let inputCount = 3...8
  public static let outputCount = 1...3

  package let options: RecurrentOptions
  private let couplesForget: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try RecurrentOptions(&attributes, defaults: [.sigmoid, .tanh, .tanh])
    couplesForget = try attributes.flag("input_forget")
  }

  package var cell: Recurrence.Cell { .lstm(couplesForget: couplesForget) }
}
