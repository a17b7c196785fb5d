public import MRDLCore
internal import MRDLModel

/// ONNX ConvInteger: the convolution of whole numbers of eight bits as i32.
///
/// Inputs: X, W, and maybe the zero point of X, and one of W or one for each output channel.
public struct ConvInteger: Operator {
  public static let name = "ConvInteger"
  public static let inputCount = 2...4

  private let convolution: Conv

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    convolution = try Conv(attributes: &attributes)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let x = try operands.required(0, of: [.int8, .uint8])
    let w = try operands.required(1, of: [.int8, .uint8])
    let inferred = try convolution.infer(
      Operands(
        [ValueFacts(.float64, x.shape), ValueFacts(.float64, w.shape)], outputCount: 1,
        place: operands.place))
    return [ValueFacts(.int32, inferred[0].shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let inputs = IntegerProductKernel.Inputs(leftZero: 2, rightZero: 3)
    if let kernel = IntegerConvKernel(convolution, request, inputs) { return kernel }
    let (left, right, output) = Self.vectors(request, weights: 1)
    return try IntegerProductKernel(
      convolution, request, inputs, left: left, right: right, output: output)
  }

  static func vectors(
    _ request: KernelRequest, weights: Int
  ) -> (IntegerProductKernel.Vector, IntegerProductKernel.Vector, IntegerProductKernel.Vector) {
    let (w, y) = (request.inputShape(weights), request.outputShape())
    return (
      IntegerProductKernel.Vector(inner: 1, length: 1),
      IntegerProductKernel.Vector(
        inner: w.dimensions.dropFirst().reduce(1, *), length: w[0]),
      IntegerProductKernel.Vector(inner: y.dimensions[2...].reduce(1, *), length: y[1])
    )
  }
}
