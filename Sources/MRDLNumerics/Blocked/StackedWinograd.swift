internal import CMRDLKernels
internal import MRDLCore

/// A convolution of float32 planes with windows of 3 × 3 at stride 1, whose weights are not known ahead, by Winograd's
/// minimal filtering F(4 × 4, 3 × 3): planes become blocks, tiles are filtered, and blocks become planes again.
///
/// Images stand above each other as one tall image, with as many rows of zeros between them as their padding has, so
/// that tiles of all of them share a transformed weight where one small image has too few to be worth reading it. A
/// run takes only so many images at once as stay in the caches. Results do not depend on the number of threads; a run
/// allocates nothing.
package struct StackedWinograd: Sendable {
  private let batchCount: Int
  private let inputChannels: Int
  private let outputChannels: Int
  /// Images that are computed at once.
  private let stackCount: Int
  private let window: Window
  /// Rows from an image to the next one in the stack, of input and output alike.
  private let rowStep: Int
  private let convolution: BlockedConvolution

  /// The least channels on both sides for which filtering pays.
  private static let leastChannels = 16
  /// The least tiles of a stack for which its transformed weights are worth reading.
  private static let leastTiles = 16
  /// Elements of blocks that a stack has at most, beyond those of one image.
  private static let mostElements = 1 << 20
  private static let tile = 4

  /// - Parameter window: over one to three axes, of any size.
  /// - Returns: nil where another way is better or the only one.
  package init?(batchCount: Int, inputChannels: Int, outputChannels: Int, window: Window) {
    let g = window.geometry
    let width = BlockWidth.wide
    guard batchCount > 0, width.lanes > 1,
      min(inputChannels, outputChannels) >= max(Self.leastChannels, width.lanes),
      g.input.depth == 1, g.output.depth == 1, g.kernel.depth == 1,
      g.kernel.height == 3, g.kernel.width == 3, g.stride.volume == 1, g.dilation.volume == 1,
      window.outputVolume > 0, max(g.begin.height, g.end.height) <= 2, g.begin.width <= 2,
      g.output.height == g.input.height + g.begin.height + g.end.height - 2
    else { return nil }
    self.batchCount = batchCount
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.window = window
    rowStep = g.input.height + max(g.begin.height, g.end.height)
    let lanes = width.paddedChannels(inputChannels) + width.paddedChannels(outputChannels)
    let imageElements = rowStep * max(g.input.width, g.output.width) * lanes
    // As many images in each run, whose last one may begin with images of the one before it.
    let most = max(1, Self.mostElements / imageElements)
    let runCount = (batchCount + most - 1) / most
    stackCount = (batchCount + runCount - 1) / runCount
    let last = (stackCount - 1) * rowStep
    let tiles =
      (last + g.output.height + Self.tile - 1) / Self.tile
      * ((g.output.width + Self.tile - 1) / Self.tile)
    // Half of what the tiles hold must be wanted.
    guard tiles >= Self.leastTiles,
      tiles * Self.tile * Self.tile <= 2 * stackCount * window.outputVolume
    else { return nil }
    convolution = BlockedConvolution(
      batchCount: 1, inputChannels: inputChannels, outputChannels: outputChannels,
      window: Window(
        input: [last + g.input.height, g.input.width],
        output: [last + g.output.height, g.output.width], kernel: [3, 3], strides: [1, 1],
        dilations: [1, 1], padsBegin: [g.begin.height, g.begin.width],
        padsEnd: [g.end.height, g.end.width]),
      method: .winograd(tile: Self.tile))
  }

  /// The way of computing, for people.
  package var method: String { "\(convolution.method), stacked" }

  private var lanes: Int { convolution.weights.width.lanes }
  private var weightsCount: Int {
    (convolution.packedWeightsByteCount / 4).roundedUp(toMultipleOf: 16)
  }
  private var biasCount: Int { convolution.biasCount.roundedUp(toMultipleOf: 16) }
  /// Elements of a block of the stack.
  private var inputBlockCount: Int { convolution.window.inputVolume * lanes }
  private var outputBlockCount: Int { convolution.window.outputVolume * lanes }
  private var inputCount: Int {
    (convolution.weights.inputBlocks * inputBlockCount).roundedUp(toMultipleOf: 16)
  }
  private var outputCount: Int {
    (convolution.weights.outputBlocks * outputBlockCount).roundedUp(toMultipleOf: 16)
  }

  /// The bytes that `run` needs as workspace, aligned to 64.
  package var workspaceByteCount: Int {
    (weightsCount + biasCount + inputCount + outputCount) * 4 + convolution.workspaceByteCount
  }

  /// Computes the convolution.
  ///
  /// - Parameters:
  ///   - input: (batch, input channels, height, width).
  ///   - weights: (output channels, input channels, 3, 3).
  ///   - bias: one value for each output channel.
  ///   - output: (batch, output channels, height, width).
  ///   - workspace: `workspaceByteCount` bytes, aligned to 64.
  ///   - threadLimit: how many threads may take part; 0 for all.
  /// - Complexity: O(batch · output elements · input channels · 9 / 4) and more for what its tiles hold beyond the
  ///   images.
  package func run(
    input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    output: UnsafeMutablePointer<Float>, workspace: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    let packed = workspace.assumingMemoryBound(to: Float.self)
    let paddedBias = packed + weightsCount
    let blocks = paddedBias + biasCount
    let results = blocks + inputCount
    convolution.packWeights(weights, into: packed, threadLimit: threadLimit)
    if let bias {
      paddedBias.update(repeating: 0, count: biasCount)
      paddedBias.update(from: bias, count: outputChannels)
    }
    var first = 0
    while first < batchCount {
      // The last run is as long as the others.
      first = min(first, batchCount - stackCount)
      stack(
        input + first * inputChannels * window.inputVolume, into: blocks, threadLimit: threadLimit)
      convolution.run(
        input: blocks, weights: packed, bias: bias.map { _ in UnsafeRawPointer(paddedBias) },
        residual: nil, output: results, workspace: results + outputCount, threadLimit: threadLimit)
      unstack(
        results, into: output + first * outputChannels * window.outputVolume,
        threadLimit: threadLimit)
      first += stackCount
    }
  }

  /// Makes blocks of the planes of some images.
  private func stack(
    _ planes: UnsafePointer<Float>, into blocks: UnsafeMutablePointer<Float>, threadLimit: Int
  ) {
    let kernels = convolution.weights.width.kernels
    let pixels = window.inputVolume
    let blockCount = convolution.weights.inputBlocks
    let step = rowStep * window.geometry.input.width * lanes
    WorkerPool.parallel(stackCount * blockCount, threadLimit: threadLimit) { index in
      let (image, block) = index.quotientAndRemainder(dividingBy: blockCount)
      let target = blocks + block * inputBlockCount + image * step
      kernels.to_block(
        min(lanes, inputChannels - block * lanes), pixels,
        planes + (image * inputChannels + block * lanes) * pixels, pixels, target)
      guard image + 1 < stackCount else { return }
      (target + pixels * lanes).update(repeating: 0, count: step - pixels * lanes)
    }
  }

  /// Makes planes of the blocks of some images, without the rows between them.
  private func unstack(
    _ blocks: UnsafePointer<Float>, into planes: UnsafeMutablePointer<Float>, threadLimit: Int
  ) {
    let kernels = convolution.weights.width.kernels
    let pixels = window.outputVolume
    let blockCount = convolution.weights.outputBlocks
    let step = rowStep * window.geometry.output.width * lanes
    WorkerPool.parallel(stackCount * blockCount, threadLimit: threadLimit) { index in
      let (image, block) = index.quotientAndRemainder(dividingBy: blockCount)
      kernels.from_block(
        min(lanes, outputChannels - block * lanes), pixels,
        blocks + block * outputBlockCount + image * step,
        planes + (image * outputChannels + block * lanes) * pixels, pixels)
    }
  }
}
