internal import MRDLCore
internal import MRDLOperators

extension KernelRequest {
  /// Makes the kernel for the type of an input, which must be one of real numbers.
  func real(
    _ index: Int = 0, float32: @autoclosure () -> any Kernel,
    float64: @autoclosure () -> any Kernel
  ) throws(MRDLError) -> any Kernel {
    switch inputType(index) {
    case .float32: return float32()
    case .float64: return float64()
    case let type: throw unsupportedType(type)
    }
  }
}

extension ValueFacts {
  /// The type and shape alone.
  var withoutContent: ValueFacts { ValueFacts(scalarType, shape) }
}

/// An operator that takes a residual and a value, and gives a residual of the value's shape.
protocol BackwardOperator: Operator {}

extension BackwardOperator {
  public static var domain: String { OperatorSet.mrdlDomain }
  public static var inputCount: ClosedRange<Int> { 2...2 }

  /// The type and shape of input 1.
  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType(0..<2, among: .realNumbers)
    return [try operands.required(1).withoutContent]
  }
}
