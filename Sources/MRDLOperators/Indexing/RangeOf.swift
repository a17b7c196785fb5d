public import MRDLCore
internal import MRDLModel

/// ONNX Range: the numbers from a start on, before a limit, at a distance.
///
/// Inputs: start, limit and distance, single numbers of the same type.
public struct RangeOf: Operator {
  public static let name = "Range"
  public static let inputCount = 3...3

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  private static let scalarTypes: Set<ScalarType> = [
    .float32, .float64, .float16, .bfloat16, .int16, .int32, .int64,
  ]

  /// The number of elements that a range may have.
  private static let limit = 0x1p40

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...2, among: Self.scalarTypes)
    for index in 0...2 {
      if let shape = try operands.shape(index, rank: 0...1) {
        _ = try operands.unify(.product(shape.dimensions), 1, "a bound is not a single number")
      }
    }
    guard let start = try operands.required(0).realNumber,
      let limit = try operands.required(1).realNumber,
      let delta = try operands.required(2).realNumber
    else { return [ValueFacts(type, [.unknown])] }
    let count = ((limit - start) / delta).rounded(.up)
    guard delta != 0, count.isFinite, count < Self.limit else {
      throw operands.shapeMismatch(
        "a range has no end", found: "\(start) to \(limit) by \(delta)")
    }
    return [ValueFacts(type, [.fixed(max(0, Int(count)))])]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    switch type {
    case .float32, .float64, .int16, .int32, .int64: return RangeKernel(type: type)
    default: throw request.unsupportedType(type)
    }
  }
}

extension ValueFacts {
  /// The first element of a constant of any type of numbers, or nil where there is none.
  var realNumber: Double? {
    if scalarType == .int16, let constant, constant.elementCount > 0 {
      return Double(constant.span(of: Int16.self)[0])
    }
    return number
  }
}

private struct RangeKernel: Kernel {
  let type: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    switch type {
    case .float32: reals(arguments, Float.self)
    case .float64: reals(arguments, Double.self)
    case .int16: integers(arguments, Int16.self)
    case .int32: integers(arguments, Int32.self)
    default: integers(arguments, Int64.self)
    }
  }

  private func reals<Scalar: TensorElement & BinaryFloatingPoint>(
    _ arguments: borrowing KernelArguments, _ type: Scalar.Type
  ) {
    let output = arguments.output(0, as: type)
    guard !output.isEmpty else { return }
    let start = arguments.input(0, as: type)[0]
    let delta = arguments.input(2, as: type)[0]
    for index in output.indices { output[index] = start + Scalar(index) * delta }
  }

  private func integers<Scalar: TensorElement & FixedWidthInteger>(
    _ arguments: borrowing KernelArguments, _ type: Scalar.Type
  ) {
    let output = arguments.output(0, as: type)
    guard !output.isEmpty else { return }
    let start = arguments.input(0, as: type)[0]
    let delta = arguments.input(2, as: type)[0]
    for index in output.indices {
      output[index] = start &+ Scalar(truncatingIfNeeded: index) &* delta
    }
  }
}
