public import MRDLCore
internal import MRDLModel

/// ONNX QuantizeLinear: x / scale rounded to the nearest whole number, halves to the even one, plus the zero
/// point, within the range of the type.
///
/// Inputs: the data, the scales and maybe zero points: single numbers, one for each index of `axis` (1
/// unless given), or one for each block of `block_size` along it. The type is that of the zero points, or
/// `output_dtype`, u8 unless given. Types of fewer than eight bits and of eight-bit real numbers are
/// refused.
public struct QuantizeLinear: Operator {
  public static let name = "QuantizeLinear"
  public static let inputCount = 2...3

  private let axis: Int
  private let blockSize: Int
  private let type: ScalarType?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: 1)
    blockSize = try attributes.integer("block_size", default: 0, in: 0...Int.max)
    let code = try attributes.integer("output_dtype", default: 0)
    guard let type = code == 0 ? .some(nil) : ScalarType(onnxCode: code).map({ $0 }) else {
      throw attributes.wrongValue("output_dtype", "\(code)", "the number of a type of numbers")
    }
    self.type = type
    // These matter only for types that no kernel makes.
    _ = try attributes.flag("saturate", default: true)
    _ = try attributes.integer("precision")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: Set.floats.union([.int32]))
    _ = try operands.required(1, of: Set.floats.union([.int32]))
    try QuantizationScales.check(operands, axis: axis, blockSize: blockSize)
    return [ValueFacts(operands.optional(2)?.scalarType ?? type ?? .uint8, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    guard request.inputType(0) == .float32, request.inputType(1) == .float32 else {
      throw request.unsupportedType(request.inputType(0))
    }
    let type = request.outputs[0]?.scalarType ?? .uint8
    switch type {
    case .int8, .uint8, .int16, .uint16: break
    default:
      throw MRDLError(
        .operatorFailed, "numbers are not quantised to this type", found: type.rawValue,
        expected: "i8, u8, i16, u16", at: request.place)
    }
    return QuantizeKernel(
      scales: QuantizationScales(request, axis: axis, blockSize: blockSize), type: type)
  }
}

private struct QuantizeKernel: Kernel {
  let scales: QuantizationScales
  let type: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        scales: scales, input: arguments.input(0, as: Float.self),
        factors: arguments.input(1, as: Float.self),
        zeros: arguments.hasInput(2) ? arguments.inputBytes(2) : nil,
        output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let scales: QuantizationScales
    let input: UnsafeBufferPointer<Float>
    let factors: UnsafeBufferPointer<Float>
    let zeros: UnsafeRawBufferPointer?
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let zeros = zeros?.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      for element in y.indices {
        let index = scales.index(of: element)
        let value = (input[element] / factors[index]).rounded(.toNearestOrEven)
        y[element] = Number(nearest: Double(value) + (zeros?[index].real ?? 0))
      }
    }
  }
}
