public import MRDLCore
internal import MRDLModel

/// ONNX DequantizeLinear: (x − zero point) · scale.
///
/// Inputs: the data, the scales and maybe zero points: single numbers, one for each index of `axis` (1
/// unless given), or one for each block of `block_size` along it. Types of fewer than eight bits and of
/// eight-bit real numbers are refused.
public struct DequantizeLinear: Operator {
  public static let name = "DequantizeLinear"
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
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0)
    let scales = try operands.required(1, of: .floats)
    try QuantizationScales.check(operands, axis: axis, blockSize: blockSize)
    return [ValueFacts(type ?? scales.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard request.inputType(1) == .float32, request.outputs[0]?.scalarType == .float32 else {
      throw request.unsupportedType(request.inputType(1))
    }
    guard Set.wholeNumbers.contains(type) else {
      throw MRDLError(
        .operatorFailed, "numbers of this type are not dequantised", found: type.rawValue,
        expected: "whole numbers of 8 bits or more", at: request.place)
    }
    return DequantizeKernel(
      scales: QuantizationScales(request, axis: axis, blockSize: blockSize), type: type)
  }
}

private struct DequantizeKernel: Kernel {
  let scales: QuantizationScales
  let type: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        scales: scales, input: arguments.inputBytes(0),
        factors: arguments.input(1, as: Float.self),
        zeros: arguments.hasInput(2) ? arguments.inputBytes(2) : nil,
        output: arguments.output(0, as: Float.self)))
  }

  private struct Visitor: NumberVisitor {
    let scales: QuantizationScales
    let input: UnsafeRawBufferPointer
    let factors: UnsafeBufferPointer<Float>
    let zeros: UnsafeRawBufferPointer?
    let output: UnsafeMutableBufferPointer<Float>

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let zeros = zeros?.assumingMemoryBound(to: type)
      for element in output.indices {
        let index = scales.index(of: element)
        output[element] = Float(x[element].real - (zeros?[index].real ?? 0)) * factors[index]
      }
    }
  }
}
