internal import CMRDLKernels

/// A blocked convolution of 3 × 3 windows at stride 1 by Winograd's minimal filtering F(t × t, 3 × 3)
/// (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", equation 8):
/// Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A for each tile d of (t + 2)² elements, where the sum over the input
/// channels makes of ⊙ a product of matrices for each of the (t + 2)² places.
///
/// A piece of work is some tiles of an image and some panels of output channels.
struct WinogradConvolution: BlockedConvolutionPlan {
  private let weights: BlockedConvolution.Weights
  private let batchCount: Int
  private let geometry: mrdl_winograd
  private let imageStride: (input: Int, output: Int)
  private let lanes: Int
  private let tile: Int
  private let tileCount: Int
  /// Tiles of a piece.
  private let tileStep: Int
  private let tilePieces: Int
  private let panelBlocks: Int
  private let panelCount: Int
  /// Panels of a piece.
  private let panelStep: Int
  private let panelPieces: Int
  private let slotCount: Int

  /// Elements of what a piece keeps between its steps: the second cache holds them.
  private static let pieceElements = 200_000

  init(_ weights: BlockedConvolution.Weights, batchCount: Int, window: Window, tile: Int) {
    let kernels = weights.width.kernels
    let g = window.geometry
    precondition(
      (tile == 2 || tile == 4) && weights.kernelHeight == 3 && weights.kernelWidth == 3
        && !weights.readsPlanes && g.stride.height == 1 && g.stride.width == 1
        && g.dilation.height == 1 && g.dilation.width == 1,
      "Winograd's filtering of another window")
    self.weights = weights
    self.batchCount = batchCount
    self.tile = tile
    lanes = kernels.lanes
    let tilesWide = (g.output.width + tile - 1) / tile
    tileCount = tilesWide * ((g.output.height + tile - 1) / tile)
    geometry = mrdl_winograd(
      tile: tile, input_height: g.input.height, input_width: g.input.width,
      output_height: g.output.height, output_width: g.output.width, begin_height: g.begin.height,
      begin_width: g.begin.width, tiles_wide: tilesWide)
    imageStride = (
      g.input.height * g.input.width * kernels.lanes,
      g.output.height * g.output.width * kernels.lanes
    )
    panelBlocks = kernels.panel_blocks
    let outputBlocks = weights.outputBlocks
    panelCount = (outputBlocks + panelBlocks - 1) / panelBlocks

    let channels =
      (weights.inputBlocks + outputBlocks) * kernels.lanes
    let places = (tile + 2) * (tile + 2)
    let mostTiles = max(kernels.tile_pixels, Self.pieceElements / max(places * channels, 1))
    let wholeTiles = mostTiles / kernels.tile_pixels * kernels.tile_pixels
    let pieces = max(1, (tileCount + wholeTiles - 1) / wholeTiles)
    tileStep = max(1, (tileCount + pieces - 1) / pieces)
    tilePieces = (tileCount + tileStep - 1) / tileStep
    // Every piece of the panels transforms its tiles anew, so that there are few.
    let copies = max(1, batchCount * tilePieces)
    let work = tileCount * places * weights.inputChannels * weights.outputChannels
    let wanted = max(1, min((4 + copies - 1) / copies, work / ProductBlocking.leastParallelWork))
    let panelPiecesWanted = max(1, min(wanted, panelCount))
    panelStep = max(1, (panelCount + panelPiecesWanted - 1) / panelPiecesWanted)
    panelPieces = (panelCount + panelStep - 1) / panelStep
    let pieceCount = batchCount * tilePieces * panelPieces
    slotCount = pieceCount > 1 ? min(WorkerPool.size, pieceCount) : 1
  }

  private var places: Int { (tile + 2) * (tile + 2) }
  private var inputBlocks: Int { weights.inputBlocks }
  private var outputBlocks: Int { weights.outputBlocks }
  /// Elements of the transformed tiles of a piece, and of their products.
  private var transformedCount: Int { places * inputBlocks * tileStep * lanes }
  private var productCount: Int {
    places * min(panelStep * panelBlocks, outputBlocks) * tileStep * lanes
  }

  var name: String { "winograd/\(tile)/\(panelBlocks)" }

  var packedWeightsCount: Int { places * outputBlocks * lanes * weights.inputChannels }

  var workspaceCount: Int { slotCount * (transformedCount + productCount) }

  func packWeights(_ matrix: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    WorkerPool.parallel(panelCount) { panel in
      weights.width.kernels.winograd_weights(
        tile, weights.outputChannels, weights.inputChannels, panel, panel + 1, matrix, packed)
    }
  }

  func run(_ operands: BlockedOperands, threadLimit: Int) {
    precondition(operands.workspace != nil, "a convolution needs its workspace")
    WorkerPool.run(
      Pieces(plan: self, operands: operands), count: batchCount * tilePieces * panelPieces,
      threadLimit: WorkerPool.limit(threadLimit, slots: slotCount))
  }

  private struct Pieces: ParallelWork {
    let plan: WinogradConvolution
    let operands: BlockedOperands

    func run(index: Int, slot: Int) {
      guard let workspace = operands.workspace else { return }
      let kernels = plan.weights.width.kernels
      let (rest, panelPiece) = index.quotientAndRemainder(dividingBy: plan.panelPieces)
      let (image, tilePiece) = rest.quotientAndRemainder(dividingBy: plan.tilePieces)
      let first = tilePiece * plan.tileStep
      let count = min(plan.tileStep, plan.tileCount - first)
      let blocks =
        panelPiece * plan.panelStep
        * plan.panelBlocks..<min(
          plan.outputBlocks, (panelPiece + 1) * plan.panelStep * plan.panelBlocks)
      let transformed = workspace + slot * (plan.transformedCount + plan.productCount)
      let products = transformed + plan.transformedCount
      let blockStride = count * plan.lanes
      let inputPlaceStride = plan.inputBlocks * blockStride
      let productPlaceStride = blocks.count * blockStride
      let input = operands.input + image * plan.inputBlocks * plan.imageStride.input

      withUnsafePointers(plan.geometry, 0) { geometry, offset in
        for block in 0..<plan.inputBlocks {
          kernels.winograd_input(
            geometry, first, count, input + block * plan.imageStride.input, inputPlaceStride,
            transformed + block * blockStride)
        }
        for place in 0..<plan.places {
          var product = mrdl_blocked_product(
            rows: 1, columns: count, input: transformed + place * inputPlaceStride,
            input_row_stride: 0, input_block_stride: blockStride,
            channels: plan.weights.inputChannels, has_planes: 0, taps: 1, tap_offsets: offset,
            weights: operands.weights + place * (plan.packedWeightsCount / plan.places),
            first_block: blocks.lowerBound, last_block: blocks.upperBound,
            output: products + place * productPlaceStride - blocks.lowerBound * blockStride,
            output_row_stride: 0, output_block_stride: blockStride, bias: nil, residual: nil,
            clamp: 0, low: 0, high: 0)
          kernels.convolve(&product)
        }
        let ending = operands.ending
        let imageStart = image * plan.outputBlocks * plan.imageStride.output
        for block in blocks {
          let start = imageStart + block * plan.imageStride.output
          kernels.winograd_output(
            geometry, first, count, products + (block - blocks.lowerBound) * blockStride,
            productPlaceStride, ending.bias.map { $0 + block * plan.lanes },
            ending.residual.map { $0 + start }, ending.clamp.isOn, ending.clamp.low,
            ending.clamp.high,
            operands.output + start)
        }
        plan.finish(
          ending, operands.output + imageStart, blocks: blocks, first: first, count: count)
      }
    }
  }

  /// Applies an activation that the kernels cannot to the outputs of some tiles.
  private func finish(
    _ ending: BlockedEnding, _ output: UnsafeMutablePointer<Float>, blocks: Range<Int>, first: Int,
    count: Int
  ) {
    guard ending.activation.needsSecondPass else { return }
    let width = geometry.output_width
    for index in first..<first + count {
      let (row, column) = index.quotientAndRemainder(dividingBy: geometry.tiles_wide)
      let columns = min(tile, width - column * tile)
      for y in row * tile..<min((row + 1) * tile, geometry.output_height) {
        ending.finish(
          output + (y * width + column * tile) * lanes, blocks: blocks,
          blockStride: imageStride.output, count: columns * lanes)
      }
    }
  }
}

private func withUnsafePointers<First, Second>(
  _ first: First, _ second: Second,
  _ body: (UnsafePointer<First>, UnsafePointer<Second>) -> Void
) {
  withUnsafePointer(to: first) { first in
    withUnsafePointer(to: second) { body(first, $0) }
  }
}
