public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX Clip: min(max(x, low), high).
///
/// Inputs: the data, and maybe two single numbers, low and high; one left out bounds nothing. Where low is
/// above high, every element becomes high.
public struct Clip: Operator {
  public static let name = "Clip"
  public static let inputCount = 1...3

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...2, among: .arithmetic)
    for index in 1...2 where operands.optional(index) != nil {
      if let shape = try operands.shape(index, rank: 0...1) {
        _ = try operands.unify(.product(shape.dimensions), 1, "a bound is not a single number")
      }
    }
    return [ValueFacts(type, try operands.required(0).shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let count = request.outputShape().elementCount
    switch request.inputType(0) {
    case .float32: return RealClipKernel<Float>(scalarType: .float32, count: count)
    case .float64: return RealClipKernel<Double>(scalarType: .float64, count: count)
    case .int8: return IntegerClipKernel<Int8>()
    case .int16: return IntegerClipKernel<Int16>()
    case .int32: return IntegerClipKernel<Int32>()
    case .int64: return IntegerClipKernel<Int64>()
    case .uint8: return IntegerClipKernel<UInt8>()
    case .uint16: return IntegerClipKernel<UInt16>()
    case .uint32: return IntegerClipKernel<UInt32>()
    case .uint64: return IntegerClipKernel<UInt64>()
    case let type: throw request.unsupportedType(type)
    }
  }
}

private struct RealClipKernel<Scalar: TensorElement & BinaryFloatingPoint>: Kernel {
  let scalarType: ScalarType
  let count: Int

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, count > 0
    else { return }
    let low = arguments.hasInput(1) ? arguments.input(1, as: Scalar.self)[0] : -.infinity
    let high = arguments.hasInput(2) ? arguments.input(2, as: Scalar.self)[0] : .infinity
    ElementaryFunction.clip(low: Double(low), high: Double(high)).run(
      scalarType, count: count, input: input, output: output, threadLimit: arguments.threadLimit)
  }
}

private struct IntegerClipKernel<Scalar: TensorElement & FixedWidthInteger>: Kernel {
  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let input = arguments.input(0, as: Scalar.self)
    let output = arguments.output(0, as: Scalar.self)
    let low = arguments.hasInput(1) ? arguments.input(1, as: Scalar.self)[0] : .min
    let high = arguments.hasInput(2) ? arguments.input(2, as: Scalar.self)[0] : .max
    for index in output.indices { output[index] = min(max(input[index], low), high) }
  }
}
