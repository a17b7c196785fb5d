internal import CMRDLKernels

/// A blocked convolution in which each channel has a window of its own.
///
/// A piece of work is some rows of one block.
struct BlockedDepthwise: BlockedConvolutionPlan {
  private let weights: BlockedConvolution.Weights
  private let batchCount: Int
  private let geometry: mrdl_window
  let lanes: Int
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
    bands.run(Rows(plan: self, operands: operands), threadLimit: threadLimit)
  }

  private struct Rows: BandWork {
    let plan: BlockedDepthwise
    let operands: BlockedOperands

    func run(_ piece: BlockedBands.Piece) {
      let start = piece.block * plan.bands.outputStride
      var ending = operands.ending
      ending.residual = ending.residual.map { $0 + start }
      plan.compute(
        piece.rows, of: piece.channelBlock,
        input: operands.input + piece.block * plan.bands.inputStride, weights: operands.weights,
        ending, output: operands.output + start)
    }
  }

  /// Computes some rows of a block.
  ///
  /// - Parameters:
  ///   - input: where row 0 of the block lies or would lie; only the rows that these see are read.
  ///   - ending: its residual lies like the output.
  ///   - output: where row 0 of the block lies.
  func compute(
    _ rows: Range<Int>, of channelBlock: Int, input: UnsafePointer<Float>,
    weights packed: UnsafePointer<Float>, _ ending: BlockedEnding,
    output: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: geometry) { window in
      weights.width.kernels.depthwise(
        window, rows.lowerBound, rows.upperBound, input, packed + channelBlock * taps * lanes,
        ending.bias.map { $0 + channelBlock * lanes }, ending.residual, ending.clamp.isOn,
        ending.clamp.low, ending.clamp.high, output)
    }
    let rowStride = geometry.output.width * lanes
    ending.finish(
      output + rows.lowerBound * rowStride, blocks: 0..<1, blockStride: 0,
      count: rows.count * rowStride)
  }
}
