internal import CMRDLKernels
internal import MRDLCore

/// A blocked convolution, right behind it one with a window for each channel and, where it is given, a pointwise
/// one: an inverted residual block (Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
/// section 3.3) or its beginning.
///
/// What the first one gives is many times what it takes, and too much for the second cache. So a piece of work
/// computes some rows of a panel of its channels, no more than that cache holds, and the second convolution
/// reads them there. With the third one, a piece has all panels of its rows, and what the second one gives
/// stays in that cache, too. Rows that two pieces see are computed twice; a piece keeps those that it sees again.
/// Every sum is that of the convolutions one after the other.
package struct ExpandedDepthwise: Sendable {
  /// All of them, as they are packed and run one after the other.
  package let expansion: BlockedConvolution
  package let depthwise: BlockedConvolution
  package let projection: BlockedConvolution?
  private let first: DirectBlockedConvolution
  private let second: BlockedDepthwise
  private let third: DirectBlockedConvolution?
  private let geometry: mrdl_window
  private let batchCount: Int
  private let panelBlocks: Int
  private let panelCount: Int
  /// Output rows of a piece, and how many pieces an image has of them.
  private let bandStep: Int
  private let bandCount: Int
  /// Output rows for which a piece keeps what the first convolution gives.
  private let keptStep: Int
  /// Elements of a row and of a block of that.
  private let rowStride: Int
  private let blockStride: Int
  /// One for each panel, or one that has them all.
  private let piecesOfBand: Int
  private let slotCount: Int

  /// Elements that a piece keeps at most of a panel: they stay in the second cache.
  private static let mostElements = 65_536
  /// Elements that a piece keeps at most of what the second convolution gives: half of that cache.
  private static let mostGiven = Environment.secondCacheByteCount / 2 / 4
  /// Rows that a thread has at least of what a third convolution takes: with fewer, too many are computed twice.
  private static let leastRows = 3

  /// Elements of what the first convolution gives for an image from which on this pays: what the first cache
  /// does not hold.
  package static let leastElements = 32_768

  /// Whether a convolution can be the first one: it sees its input as it stands, or has a single panel, for
  /// which it copies it once.
  package static func supports(
    outputChannels: Int, isPointwise: Bool, readsPlanes: Bool, width: BlockWidth
  ) -> Bool {
    let panelBlocks = width.kernels.panel_blocks
    return isPointwise || (readsPlanes && width.blockCount(channels: outputChannels) <= panelBlocks)
  }

  /// Whether a pointwise convolution from some channels to others can be the third one with profit: it gives
  /// less than it takes, and there are rows enough for all threads.
  package static func gainsFromProjection(
    inputChannels: Int, outputChannels: Int, height: Int
  ) -> Bool {
    outputChannels < inputChannels && height >= leastRows * WorkerPool.size
  }

  /// - Parameters:
  ///   - expansion: a convolution of one group without a residual.
  ///   - depthwise: takes what the first gives; without a residual.
  ///   - projection: pointwise; takes what the second gives.
  package init(
    expansion: BlockedConvolution, depthwise: BlockedConvolution,
    projection: BlockedConvolution? = nil
  ) {
    precondition(
      expansion.method == .direct && depthwise.method == .depthwise
        && depthwise.weights.inputChannels == expansion.weights.outputChannels
        && depthwise.batchCount == expansion.batchCount && !expansion.epilogue.addsResidual
        && !depthwise.epilogue.addsResidual
        && depthwise.window.geometry.input.height == expansion.window.geometry.output.height
        && depthwise.window.geometry.input.width == expansion.window.geometry.output.width,
      "two convolutions that do not follow one another")
    precondition(
      projection.map {
        $0.method == .direct && $0.weights.inputChannels == depthwise.weights.outputChannels
          && $0.batchCount == depthwise.batchCount && $0.window.isPointwise
          && $0.window.inputVolume == depthwise.window.outputVolume
      } ?? true, "a projection that does not follow")
    let kernels = expansion.weights.width.kernels
    let g = depthwise.window.geometry
    geometry = g
    batchCount = expansion.batchCount
    panelBlocks = kernels.panel_blocks
    panelCount = (expansion.weights.outputBlocks + panelBlocks - 1) / panelBlocks
    rowStride = g.input.width * kernels.lanes

    let reach = Self.reach(g)
    let height = g.output.height
    let fitting = Self.mostElements / max(1, rowStride * panelBlocks)
    var keptStep = max(1, (fitting - reach) / g.stride.height + 1)
    var step = keptStep
    if projection != nil {
      let given = expansion.weights.outputBlocks * g.output.width * kernels.lanes
      step = max(1, Self.mostGiven / max(1, given))
    }
    // As many bands for each of two threads.
    var bands = max(1, (height + step - 1) / step)
    if projection != nil, batchCount == 1 {
      bands = bands.roundedUp(toMultipleOf: WorkerPool.size)
    } else if batchCount == 1, panelCount == 1 || bands > 1, height > 1 {
      bands += bands % 2
    }
    step = max(1, (height + bands - 1) / bands)
    bandStep = step
    bandCount = (height + step - 1) / step
    let parts = (step + keptStep - 1) / keptStep
    keptStep = (step + parts - 1) / parts
    self.keptStep = keptStep
    let keptRows = min((keptStep - 1) * g.stride.height + reach, g.input.height)
    blockStride = keptRows * rowStride
    first = DirectBlockedConvolution(
      expansion.weights, batchCount: batchCount, window: expansion.window, bandRows: keptRows)
    second = BlockedDepthwise(
      depthwise.weights, batchCount: batchCount, window: depthwise.window)
    third = projection.map {
      DirectBlockedConvolution($0.weights, batchCount: $0.batchCount, window: $0.window)
    }
    piecesOfBand = projection == nil ? panelCount : 1
    slotCount = max(1, min(WorkerPool.size, batchCount * bandCount * piecesOfBand))
    self.projection = projection
    self.expansion = expansion
    self.depthwise = depthwise
  }

  private var keptElements: Int { (panelBlocks * blockStride).roundedUp(toMultipleOf: 16) }
  /// What the second convolution gives for a band, where the third one takes it from there.
  private var givenElements: Int {
    let width = geometry.output.width * second.lanes
    return third == nil ? 0 : expansion.weights.outputBlocks * bandStep * width
  }
  private var slotElements: Int { keptElements + first.slotElements + givenElements }

  /// The bytes that `run` needs as workspace, aligned to 64.
  package var workspaceByteCount: Int { batchCount == 0 ? 0 : slotCount * slotElements * 4 }

  /// The constant arrays of one of the convolutions.
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

  /// Computes all convolutions.
  ///
  /// - Parameters:
  ///   - projection: there exactly where there is a third convolution.
  ///   - residual: what its epilogue adds; not the memory of the output.
  ///   - workspace: `workspaceByteCount` bytes, aligned to 64.
  ///   - threadLimit: how many threads may take part; 0 for all.
  package func run(
    input: UnsafeRawPointer, expansion first: Parameters, depthwise second: Parameters,
    projection third: Parameters? = nil, residual: UnsafeRawPointer? = nil,
    output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    guard batchCount > 0, depthwise.window.outputVolume > 0, panelCount > 0 else { return }
    precondition(
      (residual != nil) == (projection?.epilogue.addsResidual ?? false)
        && (third != nil) == (projection != nil),
      "parameters or a residual are given where none are used, or not")
    let pieces = Pieces(
      plan: self, input: input.assumingMemoryBound(to: Float.self), first: first, second: second,
      third: third, residual: residual?.assumingMemoryBound(to: Float.self),
      output: output.assumingMemoryBound(to: Float.self),
      workspace: workspace.assumingMemoryBound(to: Float.self))
    WorkerPool.run(
      pieces, count: batchCount * bandCount * piecesOfBand,
      threadLimit: WorkerPool.limit(threadLimit, slots: slotCount))
  }

  /// The rows from the first to the last that a window sees.
  private static func reach(_ geometry: mrdl_window) -> Int {
    (geometry.kernel.height - 1) * geometry.dilation.height + 1
  }

  /// The rows that some rows of the result see.
  private func seenRows(_ rows: Range<Int>) -> Range<Int> {
    let g = geometry
    let begin = rows.lowerBound * g.stride.height - g.begin.height
    let end = (rows.upperBound - 1) * g.stride.height - g.begin.height + Self.reach(g)
    let low = min(max(begin, 0), g.input.height)
    return low..<min(max(end, low), g.input.height)
  }

  private struct Pieces: ParallelWork {
    let plan: ExpandedDepthwise
    let input: UnsafePointer<Float>
    let first: Parameters
    let second: Parameters
    let third: Parameters?
    let residual: UnsafePointer<Float>?
    let output: UnsafeMutablePointer<Float>
    let workspace: UnsafeMutablePointer<Float>

    private var blockCount: Int { plan.expansion.weights.outputBlocks }

    /// Elements of a row of what the second convolution gives.
    private var givenRow: Int { plan.geometry.output.width * plan.second.lanes }

    func run(index: Int, slot: Int) {
      let (rest, panel) = index.quotientAndRemainder(dividingBy: plan.piecesOfBand)
      let (image, band) = rest.quotientAndRemainder(dividingBy: plan.bandCount)
      let top = band * plan.bandStep
      let rows = top..<min(top + plan.bandStep, plan.geometry.output.height)
      let kept = workspace + slot * plan.slotElements
      guard let projection = plan.projection, let product = plan.third, let third else {
        let plane = plan.geometry.output.height * givenRow
        compute(
          rows, of: image, panel: panel, kept: kept, output: output + image * blockCount * plane,
          blockStride: plane)
        return
      }
      let given = kept + plan.keptElements + plan.first.slotElements
      let blockStride = rows.count * givenRow
      for panel in 0..<plan.panelCount {
        compute(
          rows, of: image, panel: panel, kept: kept, output: given - rows.lowerBound * givenRow,
          blockStride: blockStride)
      }
      let outputBlocks = projection.weights.outputBlocks
      let plane = projection.window.outputVolume * product.lanes
      let start = image * outputBlocks * plane + rows.lowerBound * givenRow
      product.multiply(
        units: rows.count * plan.geometry.output.width, blocks: 0..<outputBlocks, input: given,
        inputBlockStride: blockStride, weights: third.weights, next: nil,
        BlockedEnding(
          bias: third.bias, residual: residual.map { $0 + start },
          activation: projection.epilogue.activation),
        output: output + start, outputBlockStride: plane)
    }

    /// Computes some rows of the second convolution for a panel of its channels.
    ///
    /// - Parameter output: where row 0 of block 0 lies or would lie.
    private func compute(
      _ rows: Range<Int>, of image: Int, panel: Int, kept: UnsafeMutablePointer<Float>,
      output: UnsafeMutablePointer<Float>, blockStride: Int
    ) {
      let begin = panel * plan.panelBlocks
      let blocks = begin..<min(begin + plan.panelBlocks, blockCount)
      let next =
        panel + 1 < plan.panelCount
        ? first.weights + blocks.upperBound * plan.first.blockWeights : third?.weights
      let ending = BlockedEnding(
        bias: second.bias, residual: nil, activation: plan.depthwise.epilogue.activation)
      var held = 0..<0
      for top in stride(from: rows.lowerBound, to: rows.upperBound, by: plan.keptStep) {
        let part = top..<min(top + plan.keptStep, rows.upperBound)
        let seen = plan.seenRows(part)
        let carried = carry(held, to: seen, blocks: blocks.count, kept: kept)
        let fresh = seen.lowerBound + carried..<seen.upperBound
        held = seen
        if !fresh.isEmpty {
          let width = plan.first.isFlat ? plan.geometry.input.width : 1
          plan.first.compute(
            (image, fresh.lowerBound * width..<fresh.upperBound * width, blocks), input: input,
            weights: first.weights, next: part.upperBound < rows.upperBound ? nil : next,
            BlockedEnding(
              bias: first.bias, residual: nil, activation: plan.expansion.epilogue.activation),
            output: kept + carried * plan.rowStride - begin * plan.blockStride,
            outputBlockStride: plan.blockStride,
            buffer: kept + plan.keptElements)
        }
        for block in blocks {
          plan.second.compute(
            part, of: block,
            input: kept + (block - begin) * plan.blockStride - seen.lowerBound * plan.rowStride,
            weights: second.weights, ending, output: output + block * blockStride)
        }
      }
    }

    /// Takes what is kept of rows that are seen again to where the first row seen lies.
    ///
    /// - Returns: the number of those rows.
    private func carry(
      _ held: Range<Int>, to seen: Range<Int>, blocks: Int, kept: UnsafeMutablePointer<Float>
    ) -> Int {
      let again = held.clamped(to: seen)
      guard !again.isEmpty, again.lowerBound == seen.lowerBound else { return 0 }
      let from = (again.lowerBound - held.lowerBound) * plan.rowStride
      for block in 0..<blocks {
        let start = kept + block * plan.blockStride
        start.update(from: start + from, count: again.count * plan.rowStride)
      }
      return again.count
    }
  }
}
