public import MRDLCore
internal import MRDLModel

/// ONNX MatMulInteger: the matrix product of whole numbers of eight bits as i32.
///
/// Inputs: A, B, and maybe their zero points, single numbers, or one for each row of A and column of B.
public struct MatMulInteger: Operator {
  public static let name = "MatMulInteger"
  public static let inputCount = 2...4

  private let product: MatMul

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    product = try MatMul(attributes: &attributes)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let a = try operands.required(0, of: [.int8, .uint8])
    let b = try operands.required(1, of: [.int8, .uint8])
    let inferred = try product.infer(
      Operands(
        [ValueFacts(.float64, a.shape), ValueFacts(.float64, b.shape)], outputCount: 1,
        place: operands.place))
    return [ValueFacts(.int32, inferred[0].shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let inputs = IntegerProductKernel.Inputs(leftZero: 2, rightZero: 3)
    if let kernel = IntegerMatMulKernel(request, inputs) { return kernel }
    let (left, right, output) = Self.vectors(request, right: 1)
    return try IntegerProductKernel(
      product, request, inputs, left: left, right: right, output: output)
  }

  static func vectors(
    _ request: KernelRequest, right: Int
  ) -> (IntegerProductKernel.Vector, IntegerProductKernel.Vector, IntegerProductKernel.Vector) {
    let (a, b) = (request.inputShape(0), request.inputShape(right))
    let columns = b.rank > 1 ? b[b.rank - 1] : 1
    let output = IntegerProductKernel.Vector(inner: 1, length: columns)
    return (
      IntegerProductKernel.Vector(
        inner: a.rank > 0 ? a[a.rank - 1] : 1, length: a.rank > 1 ? a[a.rank - 2] : 1),
      output, output
    )
  }
}
