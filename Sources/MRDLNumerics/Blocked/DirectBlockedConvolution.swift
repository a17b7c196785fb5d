internal import CMRDLKernels
internal import MRDLCore

/// A blocked convolution as sums over the window.
///
/// A piece of work is a band of output rows and a range of panels of output channels. What the band sees is
/// first copied into a buffer that has the padding as zeros and the columns of each phase of the stride side
/// by side, unless the window sees the input as it stands.
struct DirectBlockedConvolution: BlockedConvolutionPlan {
  let weights: BlockedConvolution.Weights
  let batchCount: Int
  let geometry: mrdl_window
  let lanes: Int
  /// Output rows, and columns of one; a pointwise convolution counts all its pixels as one row.
  let rows: Int
  let columns: Int
  let isStaged: Bool
  /// Whether pieces are cut along the columns of the only row.
  let isFlat: Bool
  let panelCount: Int
  let panelBlocks: Int
  /// Rows or, in a flat one, columns of a piece.
  let bandStep: Int
  let bandCount: Int
  /// Panels of a piece.
  let panelStep: Int
  let panelPieces: Int
  let staging: Staging
  let tapOffsets: [Int]
  let slotCount: Int

  /// How rows lie in the buffer, in elements.
  struct Staging {
    /// Rows of the padded input from one row of the buffer to the next.
    var rowStep = 1
    var phases = 1
    var phaseWidth = 0
    /// Elements of a row, and from one output row to the next.
    var rowStride = 0
    var outputRowStride = 0
    /// Rows in the buffer for the band of a piece.
    var bandRows = 0
    var blockStride = 0
  }

  /// Elements of the input that a piece sees at most: they stay in the second cache.
  private static let bandElements = 65_536
  /// From so many weights on, pieces share the panels rather than the rows.
  private static let heavyWeights = 131_072
  /// What another thread has written costs about so many weights, which come from the third cache in order.
  private static let weightsOfInput = 4

  /// - Parameter bandRows: the output rows of a band; nil to choose by shape.
  init(
    _ weights: BlockedConvolution.Weights, batchCount: Int, window: Window, bandRows: Int? = nil
  ) {
    let kernels = weights.width.kernels
    let g = window.geometry
    let lanes = kernels.lanes
    let elementStep = weights.readsPlanes ? 1 : lanes
    self.weights = weights
    self.batchCount = batchCount
    self.lanes = lanes
    geometry = g
    panelBlocks = kernels.panel_blocks
    let blocks = weights.outputBlocks
    panelCount = (blocks + panelBlocks - 1) / panelBlocks
    let isPadded = [g.begin, g.end].contains { $0.height > 0 || $0.width > 0 }
    // Rounding up may let a window begin in what is not there.
    let reach = { (output: Int, stride: Int, kernel: Int, dilation: Int) in
      (output - 1) * stride + (kernel - 1) * dilation + 1
    }
    let isInside =
      reach(g.output.height, g.stride.height, g.kernel.height, g.dilation.height) <= g.input.height
      && reach(g.output.width, g.stride.width, g.kernel.width, g.dilation.width) <= g.input.width
    isStaged = isPadded || g.stride.width > 1 || !isInside
    isFlat = !isStaged && window.isPointwise
    rows = isFlat ? 1 : g.output.height
    columns = isFlat ? g.output.height * g.output.width : g.output.width

    var staging = Staging()
    if isStaged {
      staging.rowStep = g.kernel.height == 1 ? g.stride.height : 1
      staging.phases = g.kernel.width == 1 ? 1 : g.stride.width
      staging.phaseWidth = g.output.width + (g.kernel.width - 1) * g.dilation.width / g.stride.width
      staging.rowStride = staging.phases * staging.phaseWidth * elementStep
      staging.outputRowStride = staging.rowStride * (g.stride.height / staging.rowStep)
    } else {
      staging.rowStride = g.input.width * elementStep
      staging.outputRowStride = staging.rowStride * g.stride.height
    }

    // Bands as high as the cache holds; more of them, or fewer panels each, as threads want.
    let depth = weights.inputChannels * weights.kernelHeight * weights.kernelWidth
    let work = rows * columns * depth * weights.outputChannels
    let copies = max(batchCount, 1)
    let wanted =
      WorkerPool.size == 1
      ? 1 : max(1, min((8 + copies - 1) / copies, work / ProductBlocking.leastParallelWork))
    let units = isFlat ? columns : rows
    let unitElements =
      weights.inputChannels * (isFlat ? 1 : staging.outputRowStride / elementStep)
    let least = isFlat ? 4 * kernels.tile_pixels : 1
    var step = max(least, Self.bandElements / max(unitElements, 1))
    let isHeavy = weights.outputChannels * depth >= Self.heavyWeights
    if !isHeavy { step = min(step, max(least, (units + wanted - 1) / wanted)) }
    step = max(1, min(step, units))
    var count = units == 0 ? 0 : (units + step - 1) / step
    // Two threads get as many rows each, the same ones from layer to layer, so that what one has written
    // is read by the same one; unless reading half of the weights each saves more than that.
    let inputElements = weights.inputChannels * g.input.height * g.input.width
    let sharesWeights = weights.outputChannels * depth > Self.weightsOfInput * inputElements
    let isWorthTwo = count == 1 && isFlat && copies == 1 && wanted > 1 && !sharesWeights
    if units >= 2 * kernels.tile_pixels, count > 1 || isWorthTwo { count += count % 2 }
    if count > 0 { step = (units + count - 1) / count }
    if let bandRows { step = max(1, min(bandRows * (isFlat ? g.output.width : 1), units)) }
    count = units == 0 ? 0 : (units + step - 1) / step
    bandStep = step
    bandCount = count
    let panelWanted = max(1, min(panelCount, (wanted + max(count, 1) - 1) / max(count, 1)))
    panelStep = max(1, (panelCount + panelWanted - 1) / panelWanted)
    panelPieces = (panelCount + panelStep - 1) / panelStep

    if isStaged {
      staging.bandRows =
        staging.rowStep == 1
        ? (step - 1) * g.stride.height + (g.kernel.height - 1) * g.dilation.height + 1 : step
      staging.blockStride = staging.bandRows * staging.rowStride
    } else {
      staging.blockStride = g.input.height * g.input.width * elementStep
    }
    self.staging = staging

    var offsets: [Int] = []
    for y in 0..<g.kernel.height {
      for x in 0..<g.kernel.width {
        let column = x * g.dilation.width
        let across =
          isStaged
          ? column % g.stride.width * staging.phaseWidth + column / g.stride.width : column
        offsets.append(y * g.dilation.height * staging.rowStride + across * elementStep)
      }
    }
    tapOffsets = offsets
    let pieces = copies * bandCount * panelPieces
    slotCount = isStaged && pieces > 1 ? min(WorkerPool.size, pieces) : 1
  }

  /// Channels of an input of planes, blocks of a blocked one.
  var inputBlockCount: Int {
    weights.readsPlanes
      ? weights.inputChannels : weights.inputBlocks
  }

  /// Packed weights of a block of the output.
  var blockWeights: Int { lanes * weights.inputChannels * tapOffsets.count }

  var slotElements: Int {
    isStaged ? (inputBlockCount * staging.blockStride).roundedUp(toMultipleOf: 16) : 0
  }

  var name: String { "direct/\(panelBlocks)" }

  var packedWeightsCount: Int {
    weights.outputBlocks * lanes * weights.inputChannels
      * weights.kernelHeight * weights.kernelWidth
  }

  var workspaceCount: Int { slotCount * slotElements }

  func packWeights(
    _ matrix: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, threadLimit: Int
  ) {
    weights.width.kernels.pack_weights(
      weights.outputChannels, weights.inputChannels, weights.kernelHeight * weights.kernelWidth,
      weights.readsPlanes ? 1 : 0, matrix, packed)
  }

  func run(_ operands: BlockedOperands, threadLimit: Int) {
    precondition(
      workspaceCount == 0 || operands.workspace != nil, "a convolution needs its workspace")
    let pieces = Pieces(plan: self, operands: operands, isAlone: threadLimit == 1)
    WorkerPool.run(
      pieces, count: batchCount * bandCount * panelPieces,
      threadLimit: isStaged ? WorkerPool.limit(threadLimit, slots: slotCount) : threadLimit)
  }

  private struct Pieces: ParallelWork {
    let plan: DirectBlockedConvolution
    let operands: BlockedOperands
    /// One thread uses the weights of some panels for all bands before it goes on to the next ones.
    let isAlone: Bool

    func run(index: Int, slot: Int) {
      let piece = plan.piece(index, panelsFirst: isAlone)
      let isLast = index + 1 == plan.batchCount * plan.bandCount * plan.panelPieces
      let next = isLast ? nil : plan.piece(index + 1, panelsFirst: isAlone).blocks.lowerBound
      let nextWeights = next.map { operands.weights + $0 * plan.blockWeights }
      let outputBlockStride = plan.geometry.output.height * plan.outputRowStride
      let start =
        piece.image * plan.weights.outputBlocks * outputBlockStride
        + piece.units.lowerBound * (plan.isFlat ? plan.lanes : plan.outputRowStride)
      var ending = operands.ending
      ending.residual = ending.residual.map { $0 + start }
      plan.compute(
        piece, input: operands.input, weights: operands.weights, next: nextWeights, ending,
        output: operands.output + start, outputBlockStride: outputBlockStride,
        buffer: operands.workspace.map { $0 + slot * plan.slotElements })
    }
  }

  /// Elements of a row of the output.
  private var outputRowStride: Int { geometry.output.width * lanes }

  /// Computes one piece.
  ///
  /// - Parameters:
  ///   - images: the batch.
  ///   - next: the weights that are wanted next.
  ///   - ending: its residual lies like the output.
  ///   - output: where the first unit of block 0 of the output lies or would lie.
  ///   - buffer: `slotElements` elements; nil when there are none.
  func compute(
    _ piece: Piece, input images: UnsafePointer<Float>, weights packed: UnsafePointer<Float>,
    next: UnsafePointer<Float>?, _ ending: BlockedEnding, output: UnsafeMutablePointer<Float>,
    outputBlockStride: Int, buffer: UnsafeMutablePointer<Float>?
  ) {
    let first = piece.units.lowerBound
    let elementStep = weights.readsPlanes ? 1 : lanes
    let planeStride = geometry.input.height * geometry.input.width * elementStep
    let image = images + piece.image * inputBlockCount * planeStride

    var input = image + (isFlat ? first * elementStep : first * staging.outputRowStride)
    if isStaged {
      guard let buffer else { return }
      stage(image, planeStride: planeStride, rows: piece.units, into: buffer)
      input = UnsafePointer(buffer)
    }
    multiply(
      units: piece.units.count, blocks: piece.blocks, input: input,
      inputBlockStride: staging.blockStride, weights: packed, next: next, ending, output: output,
      outputBlockStride: outputBlockStride)
  }

  /// Computes some units of some blocks of the output.
  ///
  /// - Parameters:
  ///   - input: what the first unit sees first.
  ///   - inputBlockStride: elements from a block of it to the next.
  func multiply(
    units: Int, blocks: Range<Int>, input: UnsafePointer<Float>, inputBlockStride: Int,
    weights packed: UnsafePointer<Float>, next: UnsafePointer<Float>?, _ ending: BlockedEnding,
    output: UnsafeMutablePointer<Float>, outputBlockStride: Int
  ) {
    tapOffsets.withUnsafeBufferPointer { offsets in
      guard let taps = offsets.baseAddress else { return }
      var product = mrdl_blocked_product(
        rows: isFlat ? 1 : units, columns: isFlat ? units : columns, input: input,
        input_row_stride: staging.outputRowStride, input_block_stride: inputBlockStride,
        channels: weights.inputChannels, has_planes: weights.readsPlanes ? 1 : 0,
        taps: offsets.count, tap_offsets: taps,
        weights: packed, outputs: weights.outputChannels, next_weights: next,
        first_block: blocks.lowerBound, last_block: blocks.upperBound, output: output,
        output_row_stride: outputRowStride,
        output_block_stride: outputBlockStride, bias: ending.bias, residual: ending.residual,
        clamp: ending.clamp.isOn, low: ending.clamp.low, high: ending.clamp.high)
      weights.width.kernels.convolve(&product)
    }
    ending.finish(
      output, blocks: blocks, blockStride: outputBlockStride,
      count: units * (isFlat ? lanes : outputRowStride))
  }

  /// An image, rows or, in a flat plan, columns of its output, and blocks of output channels.
  typealias Piece = (image: Int, units: Range<Int>, blocks: Range<Int>)

  /// What a piece is.
  ///
  /// - Parameter panelsFirst: whether a range of panels has all its bands before the next one has any.
  func piece(_ index: Int, panelsFirst: Bool = false) -> Piece {
    let (image, rest) = index.quotientAndRemainder(dividingBy: bandCount * panelPieces)
    let band = panelsFirst ? rest % bandCount : rest / panelPieces
    let panelPiece = panelsFirst ? rest / bandCount : rest % panelPieces
    let (unit, panel) = (band * bandStep, panelStep * panelBlocks)
    return (
      image, unit..<min(unit + bandStep, isFlat ? columns : rows),
      panelPiece * panel..<min(weights.outputBlocks, (panelPiece + 1) * panel)
    )
  }

  /// The rows of the padded input, in steps of the buffer's rows, that some output rows see.
  func stagedRows(_ rows: Range<Int>) -> Range<Int> {
    let rowRatio = geometry.stride.height / staging.rowStep
    let reach = staging.rowStep == 1 ? (geometry.kernel.height - 1) * geometry.dilation.height : 0
    return rows.lowerBound * rowRatio..<(rows.upperBound - 1) * rowRatio + reach + 1
  }

  /// Copies what some output rows see into a buffer.
  private func stage(
    _ input: UnsafePointer<Float>, planeStride: Int, rows: Range<Int>,
    into buffer: UnsafeMutablePointer<Float>
  ) {
    let staged = stagedRows(rows)
    withUnsafePointer(to: geometry) { window in
      for block in 0..<inputBlockCount {
        weights.width.kernels.stage_rows(
          window, weights.readsPlanes ? 1 : 0, input + block * planeStride, staging.rowStep,
          staging.phases, staging.phaseWidth, staged.lowerBound, staged.upperBound,
          buffer + block * staging.blockStride)
      }
    }
  }
}
