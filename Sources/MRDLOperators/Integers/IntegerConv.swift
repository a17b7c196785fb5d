package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// DequantizeLinear before Conv, and maybe QuantizeLinear behind it, computed in whole numbers.
///
/// Inputs: X of eight bits [N, C, H, W], or [N, blocks, H, W, lanes] of u8; constant W [M, C / group, F1, F2] of
/// eight bits; maybe a constant bias, i32 that is added to the sums or f32 that is added to the result; and the
/// products of the scales of X and W, one or M of them.
package struct IntegerConv: FusibleOperator, ProgramOperator {
  package static let name = "Conv"
  package static let domain = "mrdl.integer"
  package static let inputCount = 4...4

  let conv: Conv
  let weightZeros: Tensor?
  package var scaling: IntegerScaling
  /// The blocks of input and output; nil for planes.
  private(set) var width: BlockWidth?

  /// - Parameter weightZeros: zero points of the weights.
  package init(_ conv: Conv, weightZeros: Tensor?, scaling: IntegerScaling) {
    self.conv = conv
    self.weightZeros = weightZeros
    self.scaling = scaling
  }

  /// Whether weights can be computed with: over two axes, in one group or with a window for each channel, and
  /// without a zero point that would have to be subtracted.
  package static func supports(_ conv: Conv, weights: Tensor, zeros: Tensor?) -> Bool {
    weights.shape.rank == 4 && weights.elementCount > 0
      && BlockedConvolution.supports(
        inputChannels: weights.shape[1] * conv.group, outputChannels: weights.shape[0],
        groupCount: conv.group)
      && IntegerWeights(weights, zeros: zeros) != nil
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    _ = try operands.required(0, of: [scaling.inputType])
    let rank = width == nil ? 4 : 5
    guard let weights = try operands.required(1).concreteShape,
      let shape = try operands.shape(0, rank: rank...rank)
    else { return [ValueFacts(scaling.resultType, nil)] }
    var input = shape
    if width != nil {
      input = SymbolicShape(
        [shape[0], .fixed(weights[1] * conv.group)] + Array(shape.dimensions[2..<4]))
    }
    let inferred = try conv.infer(
      Operands(
        [ValueFacts(.float32, input), ValueFacts(.float32, weights)], outputCount: 1,
        place: operands.place))
    let facts = ValueFacts(scaling.resultType, inferred[0].shape)
    return [width.map { facts.blocked($0) } ?? facts]
  }

  package func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let weights = inputs[1]?.concreteShape, let output = outputs[0]?.concreteShape else {
      return Cost()
    }
    return Cost(multiplyAdds: Cost.product(output[0], output[2], output[3], weights.elementCount))
  }

  package func blocked(_ request: BlockingRequest) -> BlockedForm? {
    guard !scaling.isSigned, let weights = request.inputs[1]?.constant,
      conv.window.hasNarrowBorder(kernel: Array(weights.shape.dimensions[2...]))
    else { return nil }
    var op = self
    op.width = request.width
    return BlockedForm(
      op, [.blocked(channels: weights.shape[1] * conv.group), .unchanged, .unchanged, .unchanged],
      channels: weights.shape[0])
  }

  package func makeKernel(
    _ request: KernelRequest, epilogue: Epilogue
  ) throws(MRDLError) -> any Kernel {
    guard let weights = request.inputs[1]?.constant,
      let integers = IntegerWeights(weights, zeros: weightZeros),
      let scale = request.inputs[3]?.constant
    else {
      throw MRDLError(.dataDependentShape, "the weights are not constant", at: request.place)
    }
    let isPlanar = width == nil
    // On planes what follows the sums waits until they are planes again.
    let ending = isPlanar && scaling.result == nil ? Epilogue.none : epilogue
    let input = request.inputShape(0)
    return IntegerConvKernel(
      conv,
      input: isPlanar ? input : [input[0], weights.shape[1] * conv.group, input[2], input[3]],
      weights: integers, width: width, inputFlip: scaling.flip, padding: UInt8(scaling.flippedZero),
      request: request, epilogue: epilogue, resultByteCount: scaling.result == nil ? 4 : 1
    ) { count, sums in
      scaling.arrays(
        count: count, sums: sums,
        bias: request.constant(2), scale: scale,
        activation: ending.activation)
    }
  }
}
