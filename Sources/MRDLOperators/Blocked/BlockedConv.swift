package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// Conv on blocked tensors: X [N, blocks, H, W, lanes], or [N, C, H, W] where the channels are few, with
/// constant W [M, C / group, F1, F2] and B [M], gives Y [N, blocks, H′, W′, lanes].
package struct BlockedConv: FusibleOperator, ProgramOperator {
  package static let name = "Conv"
  package static let domain = "mrdl.blocked"
  package static let inputCount = Conv.inputCount

  let conv: Conv
  /// Whether X stands in planes.
  let readsPlanes: Bool
  let width: BlockWidth

  init(_ conv: Conv, readsPlanes: Bool, width: BlockWidth) {
    self.conv = conv
    self.readsPlanes = readsPlanes
    self.width = width
  }

  /// The input in planes of the same size: with the channels that the weights see.
  private func planarInput(_ input: SymbolicShape, weights: Shape) -> SymbolicShape {
    SymbolicShape(
      [input[0], .fixed(weights[1] * conv.group)] + Array(input.dimensions[2..<4]))
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let rank = readsPlanes ? 4 : 5
    guard let input = try operands.shape(0, rank: rank...rank),
      let weights = try operands.required(1).concreteShape
    else { return [ValueFacts(.float32, nil)] }
    var facts = operands.facts
    facts[0] = ValueFacts(
      try operands.required(0).scalarType, planarInput(input, weights: weights))
    let planar = try conv.infer(
      Operands(facts, outputCount: operands.outputCount, place: operands.place))
    return planar.map { $0.blocked(width) }
  }

  package func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let weights = inputs[1]?.concreteShape, let output = outputs[0]?.concreteShape else {
      return Cost()
    }
    let pixels = Cost.product(output[0], output[2], output[3])
    return Cost(
      multiplyAdds: Cost.product(pixels, weights.elementCount),
      otherOperations: inputs.count > 2 && inputs[2] != nil ? Cost.product(pixels, weights[0]) : 0)
  }

  package func makeKernel(
    _ request: KernelRequest, epilogue: Epilogue
  ) throws(MRDLError) -> any Kernel {
    let convolution = try convolution(
      request, weights: 1, image: Array(request.inputShape(0).dimensions[2..<4]), epilogue)
    if request.precision == .bfloat16, let narrow = BFloat16Convolution(convolution),
      let weights = request.inputs[1]?.constant
    {
      return BFloat16ConvKernel(
        convolution: narrow,
        weights: request.packedConstants.bytes(
          of: weights, layout: narrow.packedWeightsLayout,
          byteCount: narrow.packedWeightsByteCount
        ) { narrow.packWeights($0, into: $1) }, bias: paddedBias(request, 2, convolution))
    }
    return BlockedConvKernel(prepared: try prepared(request, weights: 1, convolution))
  }

  /// Whether it multiplies so fast alone, with these weights and in this precision, that what follows it had better
  /// not be joined to it.
  package func isFastAlone(_ weights: ValueFacts?, in precision: ComputePrecision) -> Bool {
    guard precision == .bfloat16,
      let channels = weights?.concreteShape?.dimensions.dropFirst().first
    else { return false }
    return BFloat16Convolution.isFastAlone(inputChannels: channels)
  }

  /// The convolution of some images; the weights tell its channels.
  ///
  /// - Parameters:
  ///   - index: of the weights among the inputs.
  ///   - image: height and width.
  private func convolution(
    _ request: KernelRequest, weights index: Int, image: [Int], _ epilogue: Epilogue
  ) throws(MRDLError) -> BlockedConvolution {
    let shape = request.inputShape(index)
    return BlockedConvolution(
      batchCount: request.inputShape(0)[0], inputChannels: shape[1] * conv.group,
      outputChannels: shape[0], groupCount: conv.group,
      window: conv.window.window(input: image, kernel: Array(shape.dimensions[2...])),
      readsPlanes: readsPlanes, width: width, epilogue: epilogue)
  }

  /// A convolution with what it needs of the constants.
  struct Prepared {
    let convolution: BlockedConvolution
    let weights: Storage
    let bias: Storage?
  }

  /// Packs the weights, input `index`, and the bias behind them.
  private func prepared(
    _ request: KernelRequest, weights index: Int, _ convolution: BlockedConvolution
  ) throws(MRDLError) -> Prepared {
    guard let weights = request.inputs[index]?.constant else {
      throw MRDLError(.dataDependentShape, "the weights are not constant", at: request.place)
    }
    let packed = request.packedConstants.bytes(
      of: weights, layout: convolution.packedWeightsLayout,
      byteCount: convolution.packedWeightsByteCount
    ) { convolution.packWeights($0, into: $1) }
    return Prepared(
      convolution: convolution, weights: packed, bias: paddedBias(request, index + 1, convolution))
  }

  /// The same for images of a known size.
  func prepared(
    _ request: KernelRequest, weights index: Int, image: [Int], _ epilogue: Epilogue
  ) throws(MRDLError) -> Prepared {
    try prepared(
      request, weights: index, try convolution(request, weights: index, image: image, epilogue))
  }

  /// The bias filled up to whole blocks.
  private func paddedBias(
    _ request: KernelRequest, _ index: Int, _ convolution: BlockedConvolution
  ) -> Storage? {
    guard let constant = request.constant(index) else { return nil }
    return request.packedConstants.bytes(
      of: constant, layout: "blocked/bias/\(convolution.biasCount)",
      byteCount: convolution.biasCount * 4
    ) { $1.copyMemory(from: $0, byteCount: constant.byteCount) }
  }
}

private struct BlockedConvKernel: Kernel {
  let prepared: BlockedConv.Prepared

  private var convolution: BlockedConvolution { prepared.convolution }

  var workspaceByteCount: Int { convolution.workspaceByteCount }

  var method: String? { "\(convolution.method), blocks of \(convolution.weights.width.lanes)" }

  var unreadInputs: [Int] { [1, 2] }

  var inPlacePairs: [(input: Int, output: Int)] {
    convolution.epilogue.addsResidual ? [(BlockedConv.residualInput, 0)] : []
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    convolution.run(
      input: input, weights: prepared.weights.base,
      bias: prepared.bias.map { UnsafeRawPointer($0.base) },
      residual: convolution.epilogue.addsResidual
        ? arguments.inputBytes(BlockedConv.residualInput).baseAddress : nil, output: output,
      workspace: arguments.workspace.baseAddress,
      threadLimit: arguments.threadLimit)
  }
}

/// The same with weights and images rounded to bfloat16.
private struct BFloat16ConvKernel: Kernel {
  let convolution: BFloat16Convolution
  let weights: Storage
  let bias: Storage?

  var workspaceByteCount: Int { convolution.workspaceByteCount }

  var method: String? { convolution.method }

  var unreadInputs: [Int] { [1, 2] }

  var inPlacePairs: [(input: Int, output: Int)] {
    convolution.epilogue.addsResidual ? [(BlockedConv.residualInput, 0)] : []
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty,
      let workspace = arguments.workspace.baseAddress
    else { return }
    convolution.run(
      input: input, weights: weights.base, bias: bias.map { UnsafeRawPointer($0.base) },
      residual: convolution.epilogue.addsResidual
        ? arguments.inputBytes(BlockedConv.residualInput).baseAddress : nil, output: output,
      workspace: workspace, threadLimit: arguments.threadLimit)
  }
}

extension ValueFacts {
  /// The facts of a tensor (N, C, H, W) in blocks.
  func blocked(_ width: BlockWidth) -> ValueFacts {
    guard let shape, shape.rank == 4, let channels = shape[1].value else {
      return ValueFacts(scalarType, nil)
    }
    return ValueFacts(
      scalarType,
      SymbolicShape([
        shape[0], .fixed(width.blockCount(channels: channels)), shape[2], shape[3],
        .fixed(width.lanes),
      ]))
  }
}

extension Conv {
  /// The most channels of an input that is better read in planes.
  private static let planeChannels = 4

  /// Whether the convolution of an input that stands in planes is better left there.
  ///
  /// - Parameter outputWidth: nil where it is not known.
  package func suitsPlanes(weights: Shape, outputWidth: Int?) -> Bool {
    group == 1 && window.movesByOne && weights.dimensions[2...].contains { $0 > 1 }
      && Convolution.suitsPlanes(
        outputChannels: weights[0], depth: weights.elementCount / max(weights[0], 1),
        outputWidth: outputWidth)
  }

  public func blocked(_ request: BlockingRequest) -> BlockedForm? {
    guard let weights = request.inputs[1]?.constant, weights.scalarType == .float32,
      weights.shape.rank == 4, weights.elementCount > 0
    else { return nil }
    let channels = weights.shape[1] * group
    let outputs = weights.shape[0]
    guard
      BlockedConvolution.supports(
        inputChannels: channels, outputChannels: outputs, groupCount: group),
      window.hasNarrowBorder(kernel: Array(weights.shape.dimensions[2...]))
    else { return nil }
    if request.hasInput.count > 2, request.hasInput[2], request.inputs[2]?.constant == nil {
      return nil
    }
    let isBlocked = request.channels[0] == channels
    // Most lanes would compute for nobody.
    if !isBlocked && outputs * 4 <= request.width.lanes { return nil }
    let isDepthwise = group > 1 || (channels == 1 && outputs == 1)
    let readsPlanes = !isBlocked && !isDepthwise && channels <= Self.planeChannels
    var layouts: [BlockedForm.InputLayout] = request.inputs.map { _ in .unchanged }
    if !readsPlanes { layouts[0] = .blocked(channels: channels) }
    return BlockedForm(
      BlockedConv(self, readsPlanes: readsPlanes, width: request.width), layouts, channels: outputs)
  }
}
