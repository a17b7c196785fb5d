public import MRDLCore

/// The name, type and shape of an input, an output or another value of a graph.
public struct ValueInfo: Sendable, Hashable {
  public var name: String
  public var scalarType: ScalarType
  /// The extents, or nil where not even their number is known.
  public var shape: SymbolicShape?

  public init(_ name: String, _ scalarType: ScalarType, _ shape: SymbolicShape?) {
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
