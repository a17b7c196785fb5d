package import MRDLCore

/// A value while a graph runs: a tensor, or one of the kinds that exist only inside graphs.
package indirect enum OperatorValue: Sendable {
  case tensor(Tensor)
  case sequence([OperatorValue])
  /// A value, or nothing.
  case optional(OperatorValue?)

  /// What it is, for messages.
  package var kindName: String {
    switch self {
    case .tensor(let tensor): "a tensor, \(tensor.scalarType.rawValue) \(tensor.shape)"
    case .sequence(let values): "a sequence of \(values.count)"
    case .optional: "an optional value"
    }
  }
}
