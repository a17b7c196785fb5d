public import MRDLCore
public import MRDLModel

/// What is known of a value before a graph runs: its type, its shape, and its content where that is
/// constant.
public struct ValueFacts: Sendable {
  public var scalarType: ScalarType
  /// nil where not even the rank is known.
  public var shape: SymbolicShape?
  /// The value itself, where it does not depend on the inputs of the graph.
  public var constant: Tensor?

  public init(_ scalarType: ScalarType, _ shape: SymbolicShape?) {
    self.scalarType = scalarType
    self.shape = shape
  }

  public init(_ scalarType: ScalarType, _ shape: Shape) {
    self.init(scalarType, SymbolicShape(shape))
  }

  /// The facts of a constant.
  public init(constant: Tensor) {
    self.init(constant.scalarType, constant.shape)
    self.constant = constant
  }

  /// The facts of an input or output as the architecture declares it.
  public init(_ info: ValueInfo) { self.init(info.scalarType, info.shape) }

  /// The shape, where all extents are known.
  public var concreteShape: Shape? { shape?.shape }

  public var rank: Int? { shape?.rank }

  /// The elements of a constant of whole numbers (axes, shapes, pads), or nil where the value is not
  /// constant or not of type `i64` or `i32`.
  public var integers: [Int]? {
    guard let constant else { return nil }
    switch constant.scalarType {
    case .int64: return constant.elements(as: Int64.self).map { Int(clamping: $0) }
    case .int32: return constant.elements(as: Int32.self).map { Int($0) }
    default: return nil
    }
  }

  /// The first element of a constant as a real number, or nil where there is none.
  public var number: Double? {
    guard let constant, constant.elementCount > 0 else { return nil }
    switch constant.scalarType {
    case .float64: return constant.span(of: Double.self)[0]
    case .float32: return Double(constant.span(of: Float.self)[0])
    case .float16: return Double(constant.span(of: Half.self)[0].float)
    case .bfloat16: return Double(constant.span(of: BFloat16.self)[0].float)
    case .int64: return Double(constant.span(of: Int64.self)[0])
    case .int32: return Double(constant.span(of: Int32.self)[0])
    default: return nil
    }
  }
}
