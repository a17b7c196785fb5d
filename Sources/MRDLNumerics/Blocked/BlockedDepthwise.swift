internal import CMRDLKernels

/// A blocked convolution in which each channel has a window of its own.
///
/// A piece of work is some rows of one block.
struct BlockedDepthwise: BlockedConvolutionPlan {
  private let weights: BlockedConvolution.Weights
  private let batchCount: Int
  private let geometry: mrdl_window
  private let lanes: Int
  private let bands: BlockedBands

  init(_ weights: BlockedConvolution.Weights, batchCount: Int, window: Window) {
    self.weights = weights
    self.batchCount = batchCount
    geometry = window.geometry
    lanes = weights.width.lanes
    bands = BlockedBands(
      batchCount: batchCount, channels: weights.outputChannels, width: weights.width,
      window: window)
  }

  private var taps: Int { weights.kernelHeight * weights.kernelWidth }

  var name: String { "depthwise" }

  var packedWeightsCount: Int { bands.blockCount * taps * lanes }

  var workspaceCount: Int { 0 }

  func packWeights(_ matrix: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    for block in 0..<bands.blockCount {
      for tap in 0..<taps {
        for lane in 0..<lanes {
          let channel = block * lanes + lane
          packed[(block * taps + tap) * lanes + lane] =
            channel < weights.outputChannels ? matrix[channel * taps + tap] : 0
        }
      }
    }
  }

  func run(_ operands: BlockedOperands, threadLimit: Int) {
    let rowStride = geometry.output.width * lanes
    bands.run(threadLimit: threadLimit) { block, channelBlock, rows in
      let ending = operands.ending
      let start = block * bands.outputStride
      withUnsafePointer(to: geometry) { window in
        weights.width.kernels.depthwise(
          window, rows.lowerBound, rows.upperBound, operands.input + block * bands.inputStride,
          operands.weights + channelBlock * taps * lanes,
          ending.bias.map { $0 + channelBlock * lanes }, ending.residual.map { $0 + start },
          ending.bounds == nil ? 0 : 1, Float(ending.bounds?.low ?? 0),
          Float(ending.bounds?.high ?? 0), operands.output + start)
      }
      ending.finish(
        operands.output + start + rows.lowerBound * rowStride, blocks: 0..<1, blockStride: 0,
        count: rows.count * rowStride)
    }
  }
}

/// How work on blocks that do not mix channels is shared out: pieces are some output rows of one block.
struct BlockedBands: Sendable {
  /// Blocks of an image.
  let blockCount: Int
  /// Elements of one block.
  let inputStride: Int
  let outputStride: Int
  private let batchCount: Int
  private let height: Int
  private let bandStep: Int
  private let bandCount: Int

  init(batchCount: Int, channels: Int, width: BlockWidth, window: Window) {
    let lanes = width.lanes
    self.batchCount = batchCount
    blockCount = width.blockCount(channels: channels)
    inputStride = window.inputVolume * lanes
    outputStride = window.outputVolume * lanes
    height = window.geometry.output.height
    let rowWork = window.geometry.output.width * lanes * window.kernelVolume
    let blocks = max(1, batchCount * blockCount)
    // Rows are cut only where there are few blocks.
    let wanted = max(1, (8 + blocks - 1) / blocks)
    let least = max(1, ProductBlocking.leastParallelWork / max(1, rowWork))
    bandStep = max(1, min(height, max(least, (height + wanted - 1) / wanted)))
    bandCount = (height + bandStep - 1) / bandStep
  }

  /// Does the rows of all blocks.
  ///
  /// - Parameter body: given a block among those of all images, its number in its image, and rows.
  func run(
    threadLimit: Int, _ body: (_ block: Int, _ channelBlock: Int, _ rows: Range<Int>) -> Void
  ) {
    let isSmall =
      batchCount * blockCount * max(inputStride, outputStride) < ProductBlocking.leastParallelWork
      / 4
    WorkerPool.parallel(
      batchCount * blockCount * bandCount, threadLimit: isSmall ? 1 : threadLimit
    ) { index in
      let (block, band) = index.quotientAndRemainder(dividingBy: bandCount)
      let first = band * bandStep
      body(block, block % blockCount, first..<min(first + bandStep, height))
    }
  }
}
