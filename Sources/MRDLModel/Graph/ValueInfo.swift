public import MRDLCore

/// The name, type and shape of an input, an output or another value of a graph.
public struct ValueInfo: Sendable, Hashable {
  /// What a value is made of. Only graphs inside nodes have others than tensors at their border.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case tensor
    /// Tensors one after the other, all of the same type.
    case sequence
    /// A value, or nothing.
    case optional
    /// Not declared; the scalar type tells nothing.
    case any
  }

  public var name: String
  public var scalarType: ScalarType
  /// The extents, or nil where not even their number is known.
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
}

extension ValueInfo: CustomStringConvertible {
  /// `x: f32 [N, 1, 28, 28]`.
  public var description: String {
    "\(name): \(scalarType.rawValue) \(shape?.description ?? "[…]")"
  }
}
