internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// What Softmax and LogSoftmax have in common.
struct SoftmaxKernel: Kernel {
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
