internal import CMRDLKernels
internal import MRDLCore

/// A blocked convolution and, right behind it, one with a window for each channel, as at the beginning of an
/// inverted residual block (Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
/// section 3.3).
///
/// What the first one gives is many times what it takes, and too much for the second cache. So a piece of work
/// computes some rows of a panel of its channels, no more than that cache holds, and the second convolution
/// reads them there. Rows that two pieces see are computed twice. Every sum is that of the two convolutions
/// one after the other.
package struct ExpandedDepthwise: Sendable {
  /// Both, as they are packed and run one after the other.
  package let expansion: BlockedConvolution
  package let depthwise: BlockedConvolution
  private let first: DirectBlockedConvolution
  private let second: BlockedDepthwise
  private let geometry: mrdl_window
  private let batchCount: Int
  private let panelBlocks: Int
  private let panelCount: Int
  /// Output rows of a piece, and how many pieces an image has of them.
  private let bandStep: Int
  private let bandCount: Int
  /// Elements of a row and of a block of what a piece keeps between the convolutions.
  private let rowStride: Int
  private let blockStride: Int
  private let slotCount: Int

  /// Elements that a piece keeps at most: they stay in the second cache.
  private static let mostElements = 65_536

  /// Elements of what the first convolution gives for an image from which on this pays.
  package static let leastElements = 262_144

  /// Whether a convolution can be the first one: it sees its input as it stands, or has a single panel, for
  /// which it copies it once.
  package static func supports(
    outputChannels: Int, isPointwise: Bool, readsPlanes: Bool, width: BlockWidth
  ) -> Bool {
    let panelBlocks = width.kernels.panel_blocks
    return isPointwise || (readsPlanes && width.blockCount(channels: outputChannels) <= panelBlocks)
  }

  /// - Parameters:
  ///   - expansion: a convolution of one group without a residual.
  ///   - depthwise: takes what the first gives; without a residual.
  package init(expansion: BlockedConvolution, depthwise: BlockedConvolution) {
    precondition(
      expansion.method == .direct && depthwise.method == .depthwise
        && depthwise.weights.inputChannels == expansion.weights.outputChannels
        && depthwise.batchCount == expansion.batchCount && !expansion.epilogue.addsResidual
        && !depthwise.epilogue.addsResidual
        && depthwise.window.geometry.input.height == expansion.window.geometry.output.height
        && depthwise.window.geometry.input.width == expansion.window.geometry.output.width,
      "two convolutions that do not follow one another")
    let kernels = expansion.weights.width.kernels
    let g = depthwise.window.geometry
    geometry = g
    batchCount = expansion.batchCount
    panelBlocks = kernels.panel_blocks
    panelCount = (expansion.weights.outputBlocks + panelBlocks - 1) / panelBlocks
    rowStride = g.input.width * kernels.lanes

    let reach = (g.kernel.height - 1) * g.dilation.height + 1
    let seenRows = { (rows: Int) in min((rows - 1) * g.stride.height + reach, g.input.height) }
    let height = g.output.height
    let fitting = Self.mostElements / max(1, rowStride * panelBlocks)
    var step = max(1, (fitting - reach) / g.stride.height + 1)
    // As many bands for each of two threads.
    var bands = max(1, (height + step - 1) / step)
    if batchCount == 1, panelCount == 1 || bands > 1, height > 1 { bands += bands % 2 }
    step = max(1, (height + bands - 1) / bands)
    bandStep = step
    bandCount = (height + step - 1) / step
    let keptRows = seenRows(step)
    blockStride = keptRows * rowStride
    first = DirectBlockedConvolution(
      expansion.weights, batchCount: batchCount, window: expansion.window, bandRows: keptRows)
    second = BlockedDepthwise(
      depthwise.weights, batchCount: batchCount, window: depthwise.window)
    slotCount = max(1, min(WorkerPool.size, batchCount * bandCount * panelCount))
    self.expansion = expansion
    self.depthwise = depthwise
  }

  private var keptElements: Int { (panelBlocks * blockStride).roundedUp(toMultipleOf: 16) }
  private var slotElements: Int { keptElements + first.slotElements }

  /// The bytes that `run` needs as workspace, aligned to 64.
  package var workspaceByteCount: Int { batchCount == 0 ? 0 : slotCount * slotElements * 4 }

  /// The arrays of one of the two convolutions.
  package struct Parameters {
    let weights: UnsafePointer<Float>
    let bias: UnsafePointer<Float>?

    /// - Parameters:
    ///   - weights: as the convolution's `packWeights` makes them.
    ///   - bias: as its `run` takes it.
    package init(weights: UnsafeRawPointer, bias: UnsafeRawPointer?) {
      self.weights = weights.assumingMemoryBound(to: Float.self)
      self.bias = bias?.assumingMemoryBound(to: Float.self)
    }
  }

  /// Computes both convolutions.
  ///
  /// - Parameters:
  ///   - workspace: `workspaceByteCount` bytes, aligned to 64.
  ///   - threadLimit: how many threads may take part; 0 for all.
  package func run(
    input: UnsafeRawPointer, expansion first: Parameters, depthwise second: Parameters,
    output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    guard batchCount > 0, depthwise.window.outputVolume > 0, panelCount > 0 else { return }
    let pieces = Pieces(
      plan: self, input: input.assumingMemoryBound(to: Float.self), first: first, second: second,
      output: output.assumingMemoryBound(to: Float.self),
      workspace: workspace.assumingMemoryBound(to: Float.self))
    WorkerPool.run(
      pieces, count: batchCount * bandCount * panelCount,
      threadLimit: WorkerPool.limit(threadLimit, slots: slotCount))
  }

  /// The rows that some rows of the result see.
  private func seenRows(_ rows: Range<Int>) -> Range<Int> {
    let g = geometry
    let reach = (g.kernel.height - 1) * g.dilation.height + 1
    let begin = rows.lowerBound * g.stride.height - g.begin.height
    let end = (rows.upperBound - 1) * g.stride.height - g.begin.height + reach
    let low = min(max(begin, 0), g.input.height)
    return low..<min(max(end, low), g.input.height)
  }

  private struct Pieces: ParallelWork {
    let plan: ExpandedDepthwise
    let input: UnsafePointer<Float>
    let first: Parameters
    let second: Parameters
    let output: UnsafeMutablePointer<Float>
    let workspace: UnsafeMutablePointer<Float>

    func run(index: Int, slot: Int) {
      let (rest, panel) = index.quotientAndRemainder(dividingBy: plan.panelCount)
      let (image, band) = rest.quotientAndRemainder(dividingBy: plan.bandCount)
      let blockCount = plan.expansion.weights.outputBlocks
      let begin = panel * plan.panelBlocks
      let blocks = begin..<min(begin + plan.panelBlocks, blockCount)
      let top = band * plan.bandStep
      let rows = top..<min(top + plan.bandStep, plan.geometry.output.height)
      let seen = plan.seenRows(rows)
      let kept = workspace + slot * plan.slotElements

      if !seen.isEmpty {
        let width = plan.first.isFlat ? plan.geometry.input.width : 1
        plan.first.compute(
          (image, seen.lowerBound * width..<seen.upperBound * width, blocks), input: input,
          weights: first.weights, nextBlock: nil,
          BlockedEnding(
            bias: first.bias, residual: nil, activation: plan.expansion.epilogue.activation),
          output: kept - begin * plan.blockStride, outputBlockStride: plan.blockStride,
          buffer: kept + plan.keptElements)
      }
      let ending = BlockedEnding(
        bias: second.bias, residual: nil, activation: plan.depthwise.epilogue.activation)
      let outputStride = plan.depthwise.window.outputVolume * plan.second.lanes
      for block in blocks {
        plan.second.compute(
          rows, of: block,
          input: kept + (block - begin) * plan.blockStride - seen.lowerBound * plan.rowStride,
          weights: second.weights, ending,
          output: output + (image * blockCount + block) * outputStride)
      }
    }
  }
}
