public import MRDLCore

/// A value while a graph runs: a tensor, or one of the kinds that a few operators take and give.
public indirect enum GraphValue: Sendable {
  case tensor(Tensor)
  /// Tensors one after the other.
  case sequence([GraphValue])
  /// A value, or nothing.
  case optional(GraphValue?)

  /// A sequence of tensors.
  public static func sequence(of tensors: [Tensor]) -> GraphValue {
    .sequence(tensors.map { .tensor($0) })
  }

  /// The tensors in the value, in their order: one, those of a sequence, or none.
  public var tensors: [Tensor] {
    switch self {
    case .tensor(let tensor): [tensor]
    case .sequence(let values): values.flatMap(\.tensors)
    case .optional(let value): value?.tensors ?? []
    }
  }

  /// The value as one of another kind: a tensor or a sequence becomes an optional value that is there, and
  /// what is in an optional value is taken out.
  ///
  /// - Returns: nil where it is of a kind that cannot stand for the other.
  public func brought(to kind: ValueInfo.Kind) -> GraphValue? {
    switch (kind, self) {
    case (.any, _), (.tensor, .tensor), (.sequence, .sequence), (.optional, .optional(nil)),
      (.optional, .optional(.tensor)), (.optionalSequence, .optional(nil)),
      (.optionalSequence, .optional(.sequence)):
      self
    case (.optional, .tensor), (.optionalSequence, .sequence): .optional(self)
    case (.tensor, .optional(let inner?)), (.sequence, .optional(let inner?)):
      inner.brought(to: kind)
    default: nil
    }
  }

  /// What it is, for messages.
  public var kindName: String {
    switch self {
    case .tensor(let tensor): "a tensor, \(tensor.scalarType.rawValue) \(tensor.shape)"
    case .sequence(let values):
      "a sequence of \(values.count)"
        + (values.first.map { ", the first one \($0.kindName)" } ?? "")
    case .optional(nil): "an optional value that is not there"
    case .optional(let value?): "an optional value, \(value.kindName)"
    }
  }
}
