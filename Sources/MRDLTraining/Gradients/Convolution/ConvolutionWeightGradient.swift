internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// The residual of the weights of a convolution: the VALID convolution of the input with the residual of the
/// output, summed over the batch.
///
/// For each group it is the product of the residual, a row for each output channel, with the transpose of
/// what the window sees. The batch is cut into shards by the shape alone; a shard sums its images in order,
/// and then the shards are summed in order, so that results do not depend on the number of threads.
struct ConvolutionWeightGradient<Element: RealElement>: Kernel {
  let geometry: ConvolutionGeometry
  /// Places in the window of one piece, whole panels.
  private let placeStep: Int
  private let placePieces: Int
  /// Positions of one pass.
  private let positionStep: Int
  private let shardCount: Int
  private let slotCount: Int

  init(_ geometry: ConvolutionGeometry) {
    self.geometry = geometry
    let tile = Element.tileColumns
    let panels = max(1, (geometry.placeCount + tile - 1) / tile)
    placeStep = min(panels, max(1, 256 / tile)) * tile
    placePieces = (geometry.placeCount + placeStep - 1) / placeStep
    positionStep = max(1, min(geometry.window.outputVolume, 384))
    // At most 16 MB of partial sums, and not more shards than are worth a thread.
    let most = max(1, (16 << 20) / max(1, geometry.weightCount * MemoryLayout<Element>.stride))
    let work = geometry.batchCount * geometry.weightCount * geometry.window.outputVolume
    shardCount = max(
      1, min(geometry.batchCount, 16, most, work / ProductBlocking.leastParallelWork))
    slotCount = max(1, min(WorkerPool.size, shardCount * geometry.groupCount * placePieces))
  }

  private func roundedUp(_ count: Int) -> Int { (count + 15) / 16 * 16 }
  private var leftCount: Int { roundedUp(geometry.groupRows * positionStep) }
  private var slotElementCount: Int { leftCount + roundedUp(placeStep * positionStep) }
  private var partialCount: Int { roundedUp(geometry.weightCount) }

  /// Packed matrices for each thread, then the sums of all shards but the first.
  var workspaceByteCount: Int {
    (slotCount * slotElementCount + (shardCount - 1) * partialCount)
      * MemoryLayout<Element>.stride
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let residual = arguments.input(0, as: Element.self).baseAddress,
      let input = arguments.input(1, as: Element.self).baseAddress,
      let result = arguments.output(0, as: Element.self).baseAddress,
      let workspace = arguments.workspace.assumingMemoryBound(to: Element.self).baseAddress
    else { return }
    if geometry.batchCount == 0 || geometry.window.outputVolume == 0 {
      result.update(repeating: 0, count: geometry.weightCount)
      return
    }
    let partials = workspace + slotCount * slotElementCount
    WorkerPool.run(
      Pieces(
        gradient: self, residual: residual, input: input, result: result, workspace: workspace,
        partials: partials),
      count: shardCount * geometry.groupCount * placePieces,
      threadLimit: WorkerPool.limit(arguments.threadLimit, slots: slotCount))
    for shard in 1..<max(shardCount, 1) {
      let partial = partials + (shard - 1) * partialCount
      Element.sumColumns(
        rows: 1, columns: geometry.weightCount, partial, rowStride: geometry.weightCount, result,
        accumulates: true)
    }
  }

  /// One shard of the batch, one group, some places in the window.
  private struct Pieces: ParallelWork {
    let gradient: ConvolutionWeightGradient
    let residual: UnsafePointer<Element>
    let input: UnsafePointer<Element>
    let result: UnsafeMutablePointer<Element>
    let workspace: UnsafeMutablePointer<Element>
    let partials: UnsafeMutablePointer<Element>

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    func run(index: Int, slot: Int) {
      let geometry = gradient.geometry
      let (rest, piece) = index.quotientAndRemainder(dividingBy: gradient.placePieces)
      let (shard, group) = rest.quotientAndRemainder(dividingBy: geometry.groupCount)
      let firstPlace = piece * gradient.placeStep
      let places = firstPlace..<min(firstPlace + gradient.placeStep, geometry.placeCount)
      let target =
        (shard == 0 ? result : partials + (shard - 1) * gradient.partialCount)
        + group * geometry.groupRows * geometry.placeCount + firstPlace
      let firstImage = shard * geometry.batchCount / gradient.shardCount
      let lastImage = (shard + 1) * geometry.batchCount / gradient.shardCount
      for image in firstImage..<lastImage {
        add(
          residual + geometry.outputStart(image: image, group: group),
          input + geometry.inputStart(image: image, group: group), places: places, to: target,
          accumulates: image > firstImage, slot: slot)
      }
    }

    /// One group of one image.
    private func add(
      _ residual: UnsafePointer<Element>, _ input: UnsafePointer<Element>, places: Range<Int>,
      to target: UnsafeMutablePointer<Element>, accumulates: Bool, slot: Int
    ) {
      let geometry = gradient.geometry
      let rows = geometry.groupRows
      let panels = 0..<(rows + Element.tileRows - 1) / Element.tileRows
      let positionCount = geometry.window.outputVolume
      let left = workspace + slot * gradient.slotElementCount
      let right = left + gradient.leftCount
      var position = 0
      while position < positionCount {
        let step = min(gradient.positionStep, positionCount - position)
        Element.packLeft(
          rows: rows, panels: panels, depth: step, alpha: 1, residual + position,
          rowStride: positionCount, columnStride: 1, into: left)
        Element.packPatchesTransposed(
          geometry.window.geometry, input, positions: position..<position + step, places: places,
          into: right)
        Element.multiply(
          ProductBlock(
            rows: rows, panels: panels, columns: places.count, depth: step,
            left: UnsafePointer(left), right: UnsafePointer(right),
            rightPanelStride: Element.tileColumns * step, rightRowStride: Element.tileColumns,
            output: target, outputRowStride: geometry.placeCount,
            accumulates: accumulates || position > 0, rowBias: nil, columnBias: nil, bounds: nil))
        position += step
      }
    }
  }
}
