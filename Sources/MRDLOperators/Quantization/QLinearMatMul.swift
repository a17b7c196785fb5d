public import MRDLCore
internal import MRDLModel

/// ONNX QLinearMatMul: the matrix product of quantised numbers, quantised again.
///
/// Inputs: A, its scale and zero point, B, its scales and zero points, and those of the result. The scales
/// of A and of the result are single numbers.
public struct QLinearMatMul: Operator {
  public static let name = "QLinearMatMul"
  public static let inputCount = 8...8

  private let product: MatMul

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    product = try MatMul(attributes: &attributes)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let a = try operands.required(0, of: [.int8, .uint8])
    let b = try operands.required(3, of: [.int8, .uint8])
    let type = try operands.required(7, of: [.int8, .uint8]).scalarType
    let inferred = try product.infer(
      Operands(
        [ValueFacts(.float64, a.shape), ValueFacts(.float64, b.shape)], outputCount: 1,
        place: operands.place))
    return [ValueFacts(type, inferred[0].shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    for index in [1, 4, 6] where request.inputType(index) != .float32 {
      throw request.unsupportedType(request.inputType(index))
    }
    let inputs = IntegerProductKernel.Inputs(
      right: 3, leftZero: 2, rightZero: 5, requantization: (1, 4, 6, 7))
    if let kernel = IntegerMatMulKernel(request, inputs) { return kernel }
    let (left, right, output) = MatMulInteger.vectors(request, right: 3)
    return try IntegerProductKernel(
      product, request, inputs, left: left, right: right, output: output)
  }
}
