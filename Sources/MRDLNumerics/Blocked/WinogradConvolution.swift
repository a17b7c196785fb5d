internal import CMRDLKernels
internal import MRDLCore

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
  private let panelBlocks: Int
  /// How one thread does the work, and how several share it.
  private let alone: Pieces
  private let shared: Pieces
  private let slotCount: Int

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
    let work = Pieces.Shape(
      weights: weights, batchCount: batchCount, tileCount: tileCount,
      places: (tile + 2) * (tile + 2))
    alone = Pieces(work, kernels, threads: 1)
    shared = Pieces(work, kernels, threads: WorkerPool.size)
    slotCount = max(1, min(WorkerPool.size, batchCount * shared.count))
  }

  /// How the tiles and the output channels of an image are cut.
  private struct Pieces {
    /// Tiles of a piece.
    let tileStep: Int
    let tilePieces: Int
    /// Panels of a piece.
    let panelStep: Int
    let panelPieces: Int
    /// Elements of the transformed tiles of a piece, and of their products.
    let transformedCount: Int
    let productCount: Int

    /// Pieces of an image.
    var count: Int { tilePieces * panelPieces }
    var workspaceCount: Int { transformedCount + productCount }

    /// Elements of what a piece keeps between its steps at most.
    private static let mostElements = 2_000_000

    /// What is cut.
    struct Shape {
      let weights: BlockedConvolution.Weights
      let batchCount: Int
      /// Tiles of an image.
      let tileCount: Int
      let places: Int

      var weightElements: Int {
        places * weights.inputChannels * weights.outputBlocks * weights.width.lanes
      }
    }

    /// - Parameter threads: how many can take part.
    init(_ shape: Shape, _ kernels: mrdl_blocked_kernels, threads: Int) {
      let panels = (shape.weights.outputBlocks + kernels.panel_blocks - 1) / kernels.panel_blocks
      let work = shape.tileCount * shape.weightElements
      let isParallel = threads > 1 && work >= 2 * ProductBlocking.leastParallelWork
      let sharers = isParallel ? threads : 1
      // Up to some tiles of the product, or as many pieces for each thread.
      var tileSteps = Array(6...24) + (2...24).map { $0 * kernels.tile_pixels }
      tileSteps += (1...4).map { (shape.tileCount + $0 * sharers - 1) / ($0 * sharers) }
      var best = Pieces(shape, kernels, tileStep: kernels.tile_pixels, panelStep: panels)
      var least = best.cost(shape, threads: sharers)
      for tileStep in tileSteps {
        for panelPieces in 1...min(panels, 4 * sharers) {
          let pieces = Pieces(
            shape, kernels, tileStep: tileStep, panelStep: (panels + panelPieces - 1) / panelPieces)
          guard pieces.workspaceCount <= Self.mostElements else { continue }
          let cost = pieces.cost(shape, threads: sharers)
          if cost < least { (best, least) = (pieces, cost) }
        }
      }
      self = best
    }

    private init(_ shape: Shape, _ kernels: mrdl_blocked_kernels, tileStep: Int, panelStep: Int) {
      let (places, lanes) = (shape.places, kernels.lanes)
      let outputBlocks = shape.weights.outputBlocks
      self.tileStep = max(1, min(tileStep, shape.tileCount))
      self.panelStep = panelStep
      tilePieces = (shape.tileCount + self.tileStep - 1) / self.tileStep
      let blocks = min(panelStep * kernels.panel_blocks, outputBlocks)
      panelPieces = (outputBlocks + blocks - 1) / blocks
      // The last piece may have fewer tiles; with its stride, too, it needs no more.
      transformedCount =
        places * Self.placeStride(shape.weights.inputBlocks * self.tileStep * lanes)
      productCount = places * Self.placeStride(blocks * self.tileStep * lanes)
    }

    /// Elements from one place of the tiles to the next: places that are whole pages apart would compete
    /// for the same lines of the caches.
    static func placeStride(_ elementCount: Int) -> Int {
      elementCount.isMultiple(of: 1024) ? elementCount + 16 : elementCount
    }

    /// What the caches make of the cost of a piece; measured on layers of VGG16 and ResNet-50.
    private struct CacheCosts {
      /// So many elements stay in the second cache beside the weights that pass through it.
      let cachedElements: Int
      /// What it costs to read a weight once, as sixths of a multiplication with it.
      let reading: Int
      /// What an element costs that the second cache does not hold, in the same unit.
      let missing: Int

      /// By the size of the second cache: a processor with a large one is slower at what lies behind it.
      static let current =
        Environment.secondCacheByteCount >= 2 << 20
        ? CacheCosts(cachedElements: 160_000, reading: 24, missing: 30)
        : CacheCosts(cachedElements: 80_000, reading: 7, missing: 175)
    }

    /// The time that the thread with the most pieces takes for them, in sixths of that for a multiplication.
    ///
    /// A piece reads its weights in order, and what it keeps at places far apart: what the second cache
    /// cannot hold of that costs more.
    private func cost(_ shape: Shape, threads: Int) -> Int {
      let costs = CacheCosts.current
      let rounds = (max(shape.batchCount, 1) * count + threads - 1) / threads
      let multiplying = shape.weightElements / panelPieces * (6 * tileStep + costs.reading)
      let transforming = 105 * transformedCount
      let missing = costs.missing * max(0, workspaceCount - costs.cachedElements)
      return rounds * (multiplying + transforming + missing)
    }
  }

  private var places: Int { (tile + 2) * (tile + 2) }
  private var inputBlocks: Int { weights.inputBlocks }
  private var outputBlocks: Int { weights.outputBlocks }

  var name: String { "winograd/\(tile)/\(panelBlocks)" }

  var packedWeightsCount: Int { places * outputBlocks * lanes * weights.inputChannels }

  var workspaceCount: Int { max(alone.workspaceCount, slotCount * shared.workspaceCount) }

  func packWeights(
    _ matrix: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, threadLimit: Int
  ) {
    let panelCount = (outputBlocks + panelBlocks - 1) / panelBlocks
    WorkerPool.parallel(panelCount, threadLimit: threadLimit) { panel in
      weights.width.kernels.winograd_weights(
        tile, weights.outputChannels, weights.inputChannels, panel, panel + 1, matrix, packed)
    }
  }

  func run(_ operands: BlockedOperands, threadLimit: Int) {
    precondition(operands.workspace != nil, "a convolution needs its workspace")
    let pieces = threadLimit == 1 ? alone : shared
    WorkerPool.run(
      Work(plan: self, pieces: pieces, operands: operands), count: batchCount * pieces.count,
      threadLimit: WorkerPool.limit(threadLimit, slots: slotCount))
  }

  private struct Work: ParallelWork {
    let plan: WinogradConvolution
    let pieces: Pieces
    let operands: BlockedOperands

    func run(index: Int, slot: Int) {
      guard let workspace = operands.workspace else { return }
      let kernels = plan.weights.width.kernels
      let (rest, panelPiece) = index.quotientAndRemainder(dividingBy: pieces.panelPieces)
      let (image, tilePiece) = rest.quotientAndRemainder(dividingBy: pieces.tilePieces)
      let first = tilePiece * pieces.tileStep
      let count = min(pieces.tileStep, plan.tileCount - first)
      let panelBlocks = pieces.panelStep * plan.panelBlocks
      let blocks =
        panelPiece * panelBlocks..<min(plan.outputBlocks, (panelPiece + 1) * panelBlocks)
      let transformed = workspace + slot * pieces.workspaceCount
      let products = transformed + pieces.transformedCount
      let blockStride = count * plan.lanes
      let inputPlaceStride = Pieces.placeStride(plan.inputBlocks * blockStride)
      let productPlaceStride = Pieces.placeStride(blocks.count * blockStride)
      let input = operands.input + image * plan.inputBlocks * plan.imageStride.input

      withUnsafePointers(plan.geometry, 0) { geometry, offset in
        for block in 0..<plan.inputBlocks {
          kernels.winograd_input(
            geometry, first, count, input + block * plan.imageStride.input, inputPlaceStride,
            transformed + block * blockStride)
        }
        let matrixCount = plan.packedWeightsCount / plan.places
        let firstPanel = blocks.lowerBound * plan.lanes * plan.weights.inputChannels
        for place in 0..<plan.places {
          let weights = operands.weights + place * matrixCount
          let isLast = place == plan.places - 1
          var product = mrdl_blocked_product(
            rows: 1, columns: count, input: transformed + place * inputPlaceStride,
            input_row_stride: 0, input_block_stride: blockStride,
            channels: plan.weights.inputChannels, has_planes: 0, taps: 1, tap_offsets: offset,
            weights: weights, outputs: 0,
            next_weights: isLast ? nil : weights + matrixCount + firstPanel,
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
