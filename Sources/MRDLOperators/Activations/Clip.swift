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

  public func blocked(_ request: BlockingRequest) -> BlockedForm? { request.elementwiseForm(self) }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.numbers.contains(type) else { throw request.unsupportedType(type) }
    return ClipKernel(scalarType: type, count: request.outputShape().elementCount)
  }
}

private struct ClipKernel: Kernel {
  let scalarType: ScalarType
  let count: Int

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    switch scalarType {
    case .float32: clipReals(arguments, Float.self)
    case .float64: clipReals(arguments, Double.self)
    case .int8: clipIntegers(arguments, Int8.self)
    case .int16: clipIntegers(arguments, Int16.self)
    case .int32: clipIntegers(arguments, Int32.self)
    case .int64: clipIntegers(arguments, Int64.self)
    case .uint8: clipIntegers(arguments, UInt8.self)
    case .uint16: clipIntegers(arguments, UInt16.self)
    case .uint32: clipIntegers(arguments, UInt32.self)
    default: clipIntegers(arguments, UInt64.self)
    }
  }

  private func clipReals<Scalar: TensorElement & BinaryFloatingPoint>(
    _ arguments: borrowing KernelArguments, _ type: Scalar.Type
  ) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, count > 0
    else { return }
    let low = arguments.hasInput(1) ? arguments.input(1, as: type)[0] : -.infinity
    let high = arguments.hasInput(2) ? arguments.input(2, as: type)[0] : .infinity
    ElementaryFunction.clip(low: Double(low), high: Double(high)).run(
      scalarType, count: count, input: input, output: output, threadLimit: arguments.threadLimit)
  }

  private func clipIntegers<Scalar: TensorElement & FixedWidthInteger>(
    _ arguments: borrowing KernelArguments, _ type: Scalar.Type
  ) {
    let input = arguments.input(0, as: type)
    let output = arguments.output(0, as: type)
    let low = arguments.hasInput(1) ? arguments.input(1, as: type)[0] : .min
    let high = arguments.hasInput(2) ? arguments.input(2, as: type)[0] : .max
    for index in output.indices { output[index] = min(max(input[index], low), high) }
  }
}
