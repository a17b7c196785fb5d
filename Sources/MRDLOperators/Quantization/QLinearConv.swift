public import MRDLCore
internal import MRDLModel

/// ONNX QLinearConv: the convolution of quantised numbers, quantised again.
///
/// Inputs: X, its scale and zero point, W, its scales and zero points, those of the result, and maybe biases
/// as i32. The scales of X and of the result are single numbers.
public struct QLinearConv: Operator {
  public static let name = "QLinearConv"
  public static let inputCount = 8...9

  private let convolution: Conv

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    convolution = try Conv(attributes: &attributes)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let x = try operands.required(0, of: [.int8, .uint8])
    let w = try operands.required(3, of: [.int8, .uint8])
    let type = try operands.required(7, of: [.int8, .uint8]).scalarType
    if operands.optional(8) != nil { _ = try operands.required(8, of: [.int32]) }
    let inferred = try convolution.infer(
      Operands(
        [ValueFacts(.float64, x.shape), ValueFacts(.float64, w.shape)], outputCount: 1,
        place: operands.place))
    return [ValueFacts(type, inferred[0].shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    for index in [1, 4, 6] where request.inputType(index) != .float32 {
      throw request.unsupportedType(request.inputType(index))
    }
    let inputs = IntegerProductKernel.Inputs(
      right: 3, leftZero: 2, rightZero: 5, requantization: (1, 4, 6, 7), bias: 8)
    if let kernel = IntegerConvKernel(convolution, request, inputs) { return kernel }
    let (left, right, output) = ConvInteger.vectors(request, weights: 3)
    return try IntegerProductKernel(
      convolution, request, inputs, left: left, right: right, output: output)
  }
}
