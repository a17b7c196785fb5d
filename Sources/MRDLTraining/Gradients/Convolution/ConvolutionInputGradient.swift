internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// The residual of the input of a convolution: the full convolution of the output's residual with the kernel
/// rotated by 180°, which for each input channel sums over all output channels that it went into.
///
/// It is computed as the transpose of the convolution, which needs no padding with zeros and no case of its
/// own for strides and dilation: the transposed weights times the residual tell what each place in the window
/// gets at each position, and that is added where the place lies.
struct ConvolutionInputGradient<Element: RealElement>: Kernel {
  let geometry: ConvolutionGeometry
  /// Input channels of one piece.
  private let channelStep: Int
  private let channelPieces: Int
  /// Positions of one pass, whole panels.
  private let positionStep: Int
  private let slotCount: Int

  init(_ geometry: ConvolutionGeometry) {
    self.geometry = geometry
    let tile = Element.tileColumns
    let volume = geometry.window.kernelVolume
    let panels = max(1, (geometry.window.outputVolume + tile - 1) / tile)
    positionStep = min(panels, max(1, 256 / tile)) * tile
    // As many channels as fill a block of 64 K elements.
    let wanted = max(1, 65_536 / max(1, volume * positionStep))
    channelStep = min(wanted, max(1, geometry.groupChannels))
    channelPieces = (geometry.groupChannels + channelStep - 1) / channelStep
    slotCount = max(
      1, min(WorkerPool.size, geometry.batchCount * geometry.groupCount * channelPieces))
  }

  private var leftCount: Int { geometry.weightCount.roundedUp(toMultipleOf: 16) }
  private var blockCount: Int {
    (channelStep * geometry.window.kernelVolume * positionStep).roundedUp(toMultipleOf: 16)
  }
  private var rightCount: Int { (geometry.groupRows * positionStep).roundedUp(toMultipleOf: 16) }

  /// The transposed weights, packed, and for each thread a block of the product and packed residuals.
  var workspaceByteCount: Int {
    (leftCount + slotCount * (blockCount + rightCount)) * MemoryLayout<Element>.stride
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let residual = arguments.input(0, as: Element.self).baseAddress,
      let weights = arguments.input(2, as: Element.self).baseAddress,
      let result = arguments.output(0, as: Element.self).baseAddress,
      let workspace = arguments.workspace.assumingMemoryBound(to: Element.self).baseAddress
    else { return }
    let volume = geometry.window.kernelVolume
    for group in 0..<geometry.groupCount {
      for piece in 0..<channelPieces {
        let places = channels(piece).count * volume
        Element.packLeft(
          rows: places, panels: panels(places), depth: geometry.groupRows, alpha: 1,
          weights + group * geometry.groupRows * geometry.placeCount
            + channels(piece).lowerBound * volume,
          rowStride: 1, columnStride: geometry.placeCount,
          into: workspace + leftStart(group, piece))
      }
    }
    WorkerPool.run(
      Pieces(
        gradient: self, residual: residual, weights: workspace, result: result,
        blocks: workspace + leftCount),
      count: geometry.batchCount * geometry.groupCount * channelPieces,
      threadLimit: WorkerPool.limit(arguments.threadLimit, slots: slotCount))
  }

  private func channels(_ piece: Int) -> Range<Int> {
    piece * channelStep..<min((piece + 1) * channelStep, geometry.groupChannels)
  }

  private func panels(_ rows: Int) -> Range<Int> {
    0..<Element.panels(rows: rows).count
  }

  /// Where the packed weights of a piece begin.
  private func leftStart(_ group: Int, _ piece: Int) -> Int {
    (group * geometry.placeCount + piece * channelStep * geometry.window.kernelVolume)
      * geometry.groupRows
  }

  /// One image, one group, some input channels: planes of the result that no other piece writes.
  private struct Pieces: ParallelWork {
    let gradient: ConvolutionInputGradient
    let residual: UnsafePointer<Element>
    let weights: UnsafeMutablePointer<Element>
    let result: UnsafeMutablePointer<Element>
    let blocks: UnsafeMutablePointer<Element>

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    func run(index: Int, slot: Int) {
      let geometry = gradient.geometry
      let window = geometry.window
      let (rest, piece) = index.quotientAndRemainder(dividingBy: gradient.channelPieces)
      let (image, group) = rest.quotientAndRemainder(dividingBy: geometry.groupCount)
      let channels = gradient.channels(piece)
      let places = channels.count * window.kernelVolume
      let target =
        result + geometry.inputStart(image: image, group: group)
        + channels.lowerBound * window.inputVolume
      target.update(repeating: 0, count: channels.count * window.inputVolume)
      let from = residual + geometry.outputStart(image: image, group: group)
      let block = blocks + slot * (gradient.blockCount + gradient.rightCount)
      let packed = block + gradient.blockCount
      var position = 0
      while position < window.outputVolume {
        let step = min(gradient.positionStep, window.outputVolume - position)
        Element.packRight(
          depth: geometry.groupRows, columns: step, from + position,
          rowStride: window.outputVolume, columnStride: 1, into: packed)
        Element.multiply(
          ProductBlock(
            rows: places, panels: gradient.panels(places), columns: step,
            depth: geometry.groupRows,
            left: UnsafePointer(weights + gradient.leftStart(group, piece)),
            right: UnsafePointer(packed),
            rightPanelStride: Element.tileColumns * geometry.groupRows,
            rightRowStride: Element.tileColumns, output: block, outputRowStride: step,
            accumulates: false, rowBias: nil, columnBias: nil, bounds: nil))
        Element.addPatches(
          window.geometry, block, rowStride: step, places: 0..<places,
          positions: position..<position + step, to: target)
        position += step
      }
    }
  }
}
