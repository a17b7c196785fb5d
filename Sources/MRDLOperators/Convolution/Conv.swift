public import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// ONNX Conv: each output channel is the sum over the input channels of its group of the input seen
/// through a moving window, times the weights, plus a bias: o = Σ w · s + b, as the source text draws it.
///
/// Inputs: X [N, C, D1, …], W [M, C / group, F1, …], and maybe B [M], with one to three spatial axes.
/// Output: Y [N, M, …] with the extents of `WindowAttributes`.
public struct Conv: FusibleOperator {
  public static let name = "Conv"
  public static let inputCount = 2...3

  package let window: WindowAttributes
  package let group: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    window = try WindowAttributes(&attributes, hasCeilMode: false)
    group = try attributes.integer("group", default: 1, in: 1...Int.max)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...2, among: .floats)
    guard let weights = try operands.shape(1, rank: 3...5) else {
      return [ValueFacts(type, nil)]
    }
    guard let input = try operands.shape(0, rank: weights.rank...weights.rank) else {
      return [ValueFacts(type, nil)]
    }
    if let channels = input[1].value, let seen = weights[1].value,
      channels != seen.multipliedChecked(by: group)
    {
      throw operands.shapeMismatch(
        "the weights do not fit the channels of the input",
        found: "\(seen) input channels in \(group) groups", expected: "\(channels)")
    }
    if let outputs = weights[0].value, outputs % group != 0 {
      throw operands.shapeMismatch(
        "the output channels cannot be shared out among the groups", found: "\(outputs)",
        expected: "a multiple of \(group)")
    }
    try operands.checkVector(2, extent: weights[0], "the bias does not fit the output channels")
    let kernel = weights.dimensions[2...].compactMap(\.value)
    guard kernel.count == weights.rank - 2 else {
      let unknown = weights.dimensions[2...].map { _ in Dimension.unknown }
      return [ValueFacts(type, SymbolicShape([input[0], weights[0]] + unknown))]
    }
    guard kernel.allSatisfy({ $0 > 0 }) else {
      throw operands.shapeMismatch("the window of the weights is empty", found: "\(kernel)")
    }
    let output = try window.output(Array(input.dimensions[2...]), kernel: kernel, operands)
    return [ValueFacts(type, SymbolicShape([input[0], weights[0]] + output))]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let weights = inputs[1]?.concreteShape, let output = outputs[0]?.concreteShape else {
      return Cost()
    }
    let seen = weights.dimensions.dropFirst().reduce(1, *)
    return Cost(
      multiplyAdds: Cost.product(output.elementCount, seen),
      otherOperations: inputs.count > 2 && inputs[2] != nil ? output.elementCount : 0)
  }

  package func makeKernel(
    _ request: KernelRequest, epilogue: Epilogue
  ) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let input = request.inputShape(0)
    let weights = request.inputShape(1)
    func convolution(packed: Bool) -> Convolution {
      Convolution(
        type, batchCount: input[0], inputChannels: input[1], outputChannels: weights[0],
        groupCount: group,
        window: window.window(
          input: Array(input.dimensions[2...]), kernel: Array(weights.dimensions[2...])),
        epilogue: epilogue, weightsArePacked: packed)
    }
    let plain = convolution(packed: false)
    guard let constant = request.inputs[1]?.constant, plain.gainsFromPackedWeights,
      constant.elementCount > 0
    else { return ConvKernel(convolution: plain, packedWeights: nil) }
    let packed = convolution(packed: true)
    let bytes = request.packedConstants.bytes(
      of: constant, layout: packed.packedWeightsLayout, byteCount: packed.packedWeightsByteCount
    ) { packed.packWeights($0, into: $1) }
    return ConvKernel(convolution: packed, packedWeights: bytes)
  }
}

private struct ConvKernel: Kernel {
  let convolution: Convolution
  /// The weights as the convolution reads them; nil to take input 1 as it stands.
  let packedWeights: Storage?

  var workspaceByteCount: Int { convolution.workspaceByteCount }

  var method: String? { convolution.method }

  var unreadInputs: [Int] { packedWeights == nil ? [] : [1] }

  var inPlacePairs: [(input: Int, output: Int)] {
    convolution.epilogue.addsResidual && convolution.residualMayBeOutput
      ? [(Conv.residualInput, 0)] : []
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let weights = packedWeights.map({ UnsafeRawPointer($0.base) })
        ?? arguments.inputBytes(1).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    convolution.run(
      input: input, weights: weights,
      bias: arguments.hasInput(2) ? arguments.inputBytes(2).baseAddress : nil,
      residual: convolution.epilogue.addsResidual
        ? arguments.inputBytes(Conv.residualInput).baseAddress : nil, output: output,
      workspace: arguments.workspace.baseAddress, threadLimit: arguments.threadLimit)
  }
}
