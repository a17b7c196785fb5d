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

  func packWeights(
    _ matrix: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, threadLimit: Int
  ) {
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
          ending.clamp.isOn, ending.clamp.low, ending.clamp.high,
          operands.output + start)
      }
      ending.finish(
        operands.output + start + rows.lowerBound * rowStride, blocks: 0..<1, blockStride: 0,
        count: rows.count * rowStride)
    }
  }
}
