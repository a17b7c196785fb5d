public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX Softmax: hₖ = e^tₖ / Σ e^tᵢ along an axis, the last one unless given; equation (3-6).
public struct Softmax: Operator {
  public static let name = "Softmax"
  public static let inputCount = 1...1

  let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: -1)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try SoftmaxKernel.infer(operands, axis: axis)
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    Cost(otherOperations: 4 * (outputs[0]?.concreteShape?.elementCount ?? 0))
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try SoftmaxKernel(request, axis: axis, isLogarithmic: false)
  }
}

/// ONNX LogSoftmax: the logarithm of Softmax, computed without losing small probabilities.
public struct LogSoftmax: Operator {
  public static let name = "LogSoftmax"
  public static let inputCount = 1...1

  let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: -1)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try SoftmaxKernel.infer(operands, axis: axis)
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    Cost(otherOperations: 4 * (outputs[0]?.concreteShape?.elementCount ?? 0))
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try SoftmaxKernel(request, axis: axis, isLogarithmic: true)
  }
}

private struct SoftmaxKernel: Kernel {
  private let softmax: MRDLNumerics.Softmax

  static func infer(_ operands: Operands, axis: Int) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    if let rank = data.rank { _ = try operands.axis(axis, rank: rank) }
    return [ValueFacts(data.scalarType, data.shape)]
  }

  init(_ request: KernelRequest, axis: Int, isLogarithmic: Bool) throws(MRDLError) {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    // A single number is a line of one.
    let extents = shape.rank == 0 ? [1] : shape.dimensions
    let index = axis < 0 ? axis + extents.count : axis
    softmax = MRDLNumerics.Softmax(
      type, outer: extents[..<index].reduce(1, *), length: extents[index],
      inner: extents[(index + 1)...].reduce(1, *), isLogarithmic: isLogarithmic)
  }

  var workspaceByteCount: Int { softmax.workspaceByteCount }

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    softmax.run(
      input: input, output: output, workspace: arguments.workspace.baseAddress,
      threadLimit: arguments.threadLimit)
  }
}
