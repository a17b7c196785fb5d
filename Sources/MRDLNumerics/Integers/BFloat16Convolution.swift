internal import CMRDLKernels
internal import MRDLCore

/// The convolution of a batch of blocked float32 images with weights that are packed in bfloat16; the images are
/// rounded to bfloat16 on the way, sums are float32.
///
/// Input, output and residual are blocked as for `BlockedConvolution`. Results do not depend on the number of
/// threads. A run allocates nothing.
package struct BFloat16Convolution: Sendable {
  package let epilogue: Epilogue
  private let weights: BlockedConvolution.Weights
  private let plan: DirectBlockedConvolution
  private let kernels: mrdl_bf16_kernels
  /// Pixels of an image.
  private let pixels: Int

  /// Rounded for it, a block of so many channels is worth it.
  private static let leastChannels = 8

  /// Channels from which on whole tiles are multiplied faster than the memory is that `ExpandedDepthwise` spares.
  private static let leastChannelsAlone = 32

  /// Whether a convolution of so many input channels is faster alone than joined with what follows it.
  package static func isFastAlone(inputChannels: Int) -> Bool {
    inputChannels >= leastChannelsAlone && mrdl_bf16_kernels_current()?.pointee.has_tiles == true
  }

  /// nil where the processor has no instructions for it, where blocks are not of its lanes, or where
  /// `BlockedConvolution` knows a better way: windows of single channels, planes, and, unless the processor
  /// multiplies whole tiles, Winograd's filtering.
  package init?(_ convolution: BlockedConvolution) {
    guard let kernels = mrdl_bf16_kernels_current(),
      convolution.method == .direct
        || (kernels.pointee.has_tiles && convolution.method != .depthwise),
      convolution.weights.width.lanes == kernels.pointee.lanes, !convolution.weights.readsPlanes,
      convolution.weights.groupCount == 1,
      convolution.weights.inputChannels >= Self.leastChannels
    else { return nil }
    self.kernels = kernels.pointee
    weights = convolution.weights
    epilogue = convolution.epilogue
    plan = DirectBlockedConvolution(
      weights, batchCount: convolution.batchCount, window: convolution.window)
    pixels = convolution.window.inputVolume
  }

  /// The depth is filled up with zeros.
  private var layout: GroupedConvolution.Layout {
    GroupedConvolution.Layout(
      unit: kernels.input_lanes * 2 / kernels.lanes,
      blockCount: (weights.inputChannels + kernels.input_lanes - 1) / kernels.input_lanes,
      channels: weights.inputChannels.roundedUp(toMultipleOf: kernels.depth_step))
  }

  package var method: String { "direct, \(kernels.name), blocks of \(kernels.lanes)" }

  private var taps: Int { weights.kernelHeight * weights.kernelWidth }

  package var packedWeightsByteCount: Int {
    weights.outputBlocks * kernels.lanes * layout.channels * taps * 2
  }

  package var packedWeightsLayout: String { "bf16/blocked/\(kernels.depth_step)/\(taps)" }

  package func packWeights(_ matrix: UnsafeRawPointer, into packed: UnsafeMutableRawPointer) {
    kernels.pack_weights(
      weights.outputChannels, weights.inputChannels, taps, weights.inputChannels * taps, taps, 1,
      matrix.assumingMemoryBound(to: Float.self), packed.assumingMemoryBound(to: UInt16.self))
  }

  private var narrowByteCount: Int {
    (plan.batchCount * layout.blockCount * pixels * kernels.input_lanes * 2)
      .roundedUp(toMultipleOf: 64)
  }

  package var workspaceByteCount: Int {
    narrowByteCount + GroupedConvolution.workspaceByteCount(plan, layout)
  }

  /// Computes the convolution.
  ///
  /// - Parameters: those of `BlockedConvolution.run`.
  package func run(
    input: UnsafeRawPointer, weights: UnsafeRawPointer, bias: UnsafeRawPointer?,
    residual: UnsafeRawPointer?, output: UnsafeMutableRawPointer,
    workspace: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    guard plan.batchCount > 0, plan.rows * plan.columns > 0 else { return }
    let narrowing = Narrowing(
      convolution: self, x: input.assumingMemoryBound(to: Float.self),
      narrow: workspace.assumingMemoryBound(to: UInt16.self))
    WorkerPool.run(narrowing, count: narrowing.pieces.count, threadLimit: threadLimit)
    GroupedConvolution(
      plan: plan, layout: layout, product: kernels.product, stageRows: kernels.stage_rows,
      input: UnsafeRawPointer(workspace).assumingMemoryBound(to: UInt8.self),
      weights: weights.assumingMemoryBound(to: Int8.self), padding: 0,
      ending: IntegerEnding(
        .real, bias: weights.assumingMemoryBound(to: Int32.self),
        offset: bias?.assumingMemoryBound(to: Float.self),
        residual: residual?.assumingMemoryBound(to: Float.self),
        activation: epilogue.activation), output: output,
      workspace: (workspace + narrowByteCount).assumingMemoryBound(to: UInt8.self)
    ).run(threadLimit: threadLimit)
  }

  /// Rounds some pixels of some blocks of the input.
  private struct Narrowing: ParallelWork {
    let convolution: BFloat16Convolution
    let pieces: EqualPieces
    let x: UnsafePointer<Float>
    let narrow: UnsafeMutablePointer<UInt16>

    init(
      convolution: BFloat16Convolution, x: UnsafePointer<Float>,
      narrow: UnsafeMutablePointer<UInt16>
    ) {
      self.convolution = convolution
      self.x = x
      self.narrow = narrow
      let least = ProductBlocking.leastParallelWork / 8 / convolution.kernels.input_lanes
      pieces = EqualPieces(
        ofElements: convolution.plan.batchCount * convolution.layout.blockCount
          * convolution.pixels, least: least)
    }

    func run(index: Int, slot: Int) {
      let (kernels, pixels) = (convolution.kernels, convolution.pixels)
      let (weights, blockCount) = (convolution.weights, convolution.layout.blockCount)
      var piece = pieces[index]
      while !piece.isEmpty {
        let (plane, first) = piece.lowerBound.quotientAndRemainder(dividingBy: pixels)
        let (image, block) = plane.quotientAndRemainder(dividingBy: blockCount)
        let count = min(pixels - first, piece.count)
        let channel = block * kernels.input_lanes
        let source = image * weights.inputBlocks + channel / kernels.lanes
        kernels.narrow_block(
          count, min(weights.inputChannels - channel, kernels.input_lanes),
          x + (source * pixels + first) * kernels.lanes, pixels * kernels.lanes,
          narrow + piece.lowerBound * kernels.input_lanes)
        piece = piece.lowerBound + count..<piece.upperBound
      }
    }
  }
}
