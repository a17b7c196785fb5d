internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// The residual of the weights of a convolution: the VALID convolution of the input with the residual of the
/// output, summed over the batch.
///
/// For each group it is the product of the residual, a row for each output channel, with the transpose of
/// what the window sees.
struct ConvolutionWeightGradient<Element: RealElement>: Kernel {
  let geometry: ConvolutionGeometry
  /// Positions of one pass.
  private let positionStep: Int
  /// Elements of the packed residual of a pass; what the window sees lies behind it.
  private let leftCount: Int
  private let shards: WeightGradientShards<Element>

  init(_ geometry: ConvolutionGeometry) {
    self.geometry = geometry
    let tile = Element.tileColumns
    let panels = max(1, (geometry.placeCount + tile - 1) / tile)
    // Whole panels.
    let placeStep = min(panels, max(1, 256 / tile)) * tile
    positionStep = max(1, min(geometry.window.outputVolume, 384))
    leftCount = (geometry.groupRows * positionStep).roundedUp(toMultipleOf: 16)
    // Not more shards than are worth a thread.
    let work = geometry.batchCount * geometry.weightCount * geometry.window.outputVolume
    shards = WeightGradientShards(
      geometry,
      count: max(
        1,
        min(
          geometry.batchCount, WeightGradientShards<Element>.most(geometry),
          work / ProductBlocking.leastParallelWork)),
      placeStep: placeStep,
      slotElementCount: leftCount + (placeStep * positionStep).roundedUp(toMultipleOf: 16))
  }

  var workspaceByteCount: Int { shards.workspaceByteCount }

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
    shards.run(
      Pieces(
        gradient: self, residual: residual, input: input, result: result, workspace: workspace),
      result: result, workspace: workspace, threadLimit: arguments.threadLimit)
  }

  /// One shard of the batch, one group, some places in the window.
  private struct Pieces: ParallelWork {
    let gradient: ConvolutionWeightGradient
    let residual: UnsafePointer<Element>
    let input: UnsafePointer<Element>
    let result: UnsafeMutablePointer<Element>
    let workspace: UnsafeMutablePointer<Element>

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    func run(index: Int, slot: Int) {
      let geometry = gradient.geometry
      let piece = gradient.shards.piece(index, result: result, workspace: workspace)
      for image in piece.images {
        add(
          residual + geometry.outputStart(image: image, group: piece.group),
          input + geometry.inputStart(image: image, group: piece.group), places: piece.places,
          to: piece.target, accumulates: image > piece.images.lowerBound, slot: slot)
      }
    }

    /// One group of one image.
    private func add(
      _ residual: UnsafePointer<Element>, _ input: UnsafePointer<Element>, places: Range<Int>,
      to target: UnsafeMutablePointer<Element>, accumulates: Bool, slot: Int
    ) {
      let geometry = gradient.geometry
      let rows = geometry.groupRows
      let panels = 0..<Element.panels(rows: rows).count
      let positionCount = geometry.window.outputVolume
      let left = gradient.shards.slot(slot, in: workspace)
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
