public import MRDLCore

/// The name, type and shape of an input, an output or another value of a graph.
public struct ValueInfo: Sendable, Hashable {
  /// What a value is made of: what ONNX's operators take and give, and nothing deeper.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case tensor
    /// Tensors one after the other, all of the same type.
    case sequence
    /// A tensor, or nothing.
    case optional
    /// A sequence, or nothing.
    case optionalSequence = "optional_sequence"
    /// Not declared; the scalar type tells nothing. Only graphs inside nodes have such values.
    case any

    /// Whether tensors one after the other are in it, where there is anything.
    package var isSequence: Bool { self == .sequence || self == .optionalSequence }
    /// Whether it may be nothing.
    package var isOptional: Bool { self == .optional || self == .optionalSequence }
  }

  public var name: String
  /// The type of the tensor, or of every tensor in the value.
  public var scalarType: ScalarType
  /// The extents, or nil where not even their number is known. In a sequence each tensor has its own numbers
  /// for extents that are not fixed.
  public var shape: SymbolicShape?
  public var kind: Kind

  public init(
    _ name: String, _ scalarType: ScalarType, _ shape: SymbolicShape?, kind: Kind = .tensor
  ) {
    self.kind = kind
    self.name = name
    self.scalarType = scalarType
    self.shape = shape
  }

  /// Whether a value is of the declared kind, and every tensor in it of the declared type and shape.
  public func admits(_ value: GraphValue) -> Bool {
    guard value.brought(to: kind) != nil else { return false }
    if kind == .any { return true }
    return value.tensors.allSatisfy { tensor in
      var bindings: [String: Int] = [:]
      return tensor.scalarType == scalarType
        && shape?.bind(tensor.shape, bindings: &bindings) ?? true
    }
  }
}

extension ValueInfo: CustomStringConvertible {
  /// `x: f32 [N, 1, 28, 28]`, `y: sequence of f32 [N]`.
  public var description: String { "\(name): \(typeDescription)" }

  /// The description without the name.
  public var typeDescription: String {
    let tensor = "\(scalarType.rawValue) \(shape?.description ?? "[…]")"
    return switch kind {
    case .tensor: tensor
    case .sequence: "sequence of \(tensor)"
    case .optional: "optional \(tensor)"
    case .optionalSequence: "optional sequence of \(tensor)"
    case .any: "any value"
    }
  }
}
