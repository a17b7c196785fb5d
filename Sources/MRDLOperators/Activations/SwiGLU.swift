public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX SwiGLU: A · sigmoid(`alpha` · A) · B, element by element, with the broadcasting rules of NumPy.
public struct SwiGLU: Operator {
  public static let name = "SwiGLU"
  public static let inputCount = 2...2

  private let alpha: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    alpha = try attributes.float("alpha", default: 1)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...1, among: .floats)
    let shape = try operands.broadcast(
      operands.required(0).shape, operands.required(1).shape)
    return [ValueFacts(type, shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    let shape = request.inputShape(0)
    guard let layout = BroadcastLayout(shape, request.inputShape(1)),
      let product = Broadcasting(.multiply, type, layout)
    else { throw request.unsupportedType(type) }
    return SwiGLUKernel(alpha: alpha, type: type, count: shape.elementCount, product: product)
  }
}

private struct SwiGLUKernel: Kernel {
  let alpha: Double
  let type: ScalarType
  let count: Int
  let product: Broadcasting

  var workspaceByteCount: Int { count * 8 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let a = arguments.inputBytes(0).baseAddress, let b = arguments.inputBytes(1).baseAddress,
      let output = arguments.outputBytes(0).baseAddress,
      let gated = arguments.workspace.baseAddress
    else { return }
    ElementaryFunction.swish(alpha: alpha).run(
      type, count: count, input: a, output: gated, threadLimit: arguments.threadLimit)
    _ = product.run(left: gated, right: b, output: output)
  }
}
