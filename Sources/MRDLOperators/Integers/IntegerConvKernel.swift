internal import MRDLCore
internal import MRDLNumerics

/// A convolution of whole numbers of eight bits, on blocks or on planes that become blocks and planes again
/// around it.
struct IntegerConvKernel: Kernel {
  private let convolution: IntegerConvolution
  private let weights: Storage
  private let arrays: IntegerArrays
  private let inputFlip: UInt8
  private let padding: UInt8
  private let epilogue: Epilogue
  private let resultByteCount: Int
  /// Input and output where they stand in planes.
  private let planes: (input: BlockedLayout, output: BlockedLayout)?

  /// - Parameters:
  ///   - input: [N, C, H, W].
  ///   - width: the blocks; nil for planes.
  ///   - inputFlip: what makes u8 of the input by exclusive or.
  ///   - padding: what stands outside the input after that.
  ///   - epilogue: what follows the sums; on blocks its activation is a part of `arrays`.
  ///   - makeArrays: given the elements of an array and the sums of the weights of each output.
  init(
    _ conv: Conv, input: Shape, weights: IntegerWeights, width: BlockWidth?, inputFlip: UInt8,
    padding: UInt8, request: KernelRequest, epilogue: Epilogue, resultByteCount: Int,
    makeArrays: (_ count: Int, _ sums: [Int32]) -> IntegerArrays
  ) {
    let shape = weights.tensor.shape
    let window = conv.window.window(
      input: Array(input.dimensions[2...]), kernel: Array(shape.dimensions[2...]))
    let convolution = IntegerConvolution(
      batchCount: input[0], inputChannels: input[1], outputChannels: shape[0],
      groupCount: conv.group, window: window, width: width ?? .wide)
    self.convolution = convolution
    self.weights = request.packedConstants.bytes(
      of: weights.tensor, layout: convolution.packedWeightsLayout(flip: weights.flip),
      byteCount: convolution.packedWeightsByteCount
    ) { convolution.packWeights($0, flip: weights.flip, into: $1) }
    let depth = shape.dimensions.dropFirst().reduce(1, *)
    arrays = makeArrays(
      convolution.paddedOutputs,
      weights.sums(outputs: shape[0], outputStride: depth, depth: depth, depthStride: 1))
    self.inputFlip = inputFlip
    self.padding = padding
    self.epilogue = epilogue
    self.resultByteCount = resultByteCount
    planes =
      width == nil
      ? (
        BlockedLayout(batchCount: input[0], channels: input[1], pixels: input[2] * input[3]),
        BlockedLayout(batchCount: input[0], channels: shape[0], pixels: window.outputVolume)
      ) : nil
  }

  private static func rounded(_ count: Int) -> Int {
    (count + Storage.alignment - 1) / Storage.alignment * Storage.alignment
  }

  private func byteCount(_ layout: BlockedLayout, _ width: Int) -> Int {
    Self.rounded(
      layout.batchCount * layout.width.paddedChannels(layout.channels) * layout.pixels * width)
  }

  var workspaceByteCount: Int {
    let blocks = planes.map { byteCount($0.input, 1) + byteCount($0.output, resultByteCount) } ?? 0
    return blocks + convolution.workspaceByteCount
  }

  var method: String? { convolution.method }

  var inPlacePairs: [(input: Int, output: Int)] {
    epilogue.addsResidual && planes == nil ? [(IntegerConv.residualInput, 0)] : []
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    let residual =
      epilogue.addsResidual ? arguments.inputBytes(IntegerConv.residualInput).baseAddress : nil
    let threadLimit = arguments.threadLimit
    guard let planes else {
      convolution.run(
        input: input, weights: weights.base, padding: padding,
        ending: arrays.ending(residual: residual), output: output,
        workspace: arguments.workspace.baseAddress, threadLimit: threadLimit)
      return
    }
    guard let blocks = arguments.workspace.baseAddress else { return }
    let results = blocks + byteCount(planes.input, 1)
    planes.input.makeBlocks(
      ofBytes: input, flip: inputFlip, into: blocks, threadLimit: threadLimit)
    convolution.run(
      input: blocks, weights: weights.base, padding: padding, ending: arrays.ending(),
      output: results, workspace: results + byteCount(planes.output, resultByteCount),
      threadLimit: threadLimit)
    if resultByteCount == 1 {
      planes.output.makePlanes(ofBytes: results, into: output, threadLimit: threadLimit)
      return
    }
    planes.output.makePlanes(of: results, into: output, threadLimit: threadLimit)
    if epilogue != .none {
      epilogue.finish(
        output, count: arguments.outputBytes(0).count / 4, residual: residual)
    }
  }
}
