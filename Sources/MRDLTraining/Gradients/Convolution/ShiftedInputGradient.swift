internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// The residual of the input of a convolution at stride 1: the full convolution of the output's residual with
/// the kernel rotated by 180°, as a product of the transposed weights with shifted views of the residual.
///
/// With zeros around its planes, the view for a place in the window begins as far before the position as the
/// place lies behind it.
struct ShiftedInputGradient<Element: RealElement>: Kernel {
  private let geometry: ConvolutionGeometry
  private let planes: PaddedPlanes
  /// For each output channel of a group and each place in the window.
  private let shifts: [Int]
  private let panels: RowPanels
  private let panelStep: Int
  private let channelPieces: Int
  private let slotCount: Int

  /// The most elements of the planes of one image.
  private static var mostElements: Int { 262_144 }

  /// - Returns: nil where another way is better.
  init?(_ geometry: ConvolutionGeometry) {
    guard !geometry.window.isPointwise, geometry.batchCount > 0, geometry.groupRows > 0,
      geometry.groupChannels > 0, let planes = PaddedPlanes(geometry.window),
      // Places of the input beyond those of the output are multiplied with zeros.
      2 * planes.inputSpan <= 5 * geometry.window.outputVolume
    else { return nil }
    self.geometry = geometry
    self.planes = planes
    let volume = planes.lastShift + planes.inputStart + planes.inputSpan
    guard
      geometry.groupRows * volume + geometry.groupChannels * planes.inputSpan <= Self.mostElements
    else { return nil }
    let places = planes.shifts(channels: 1)
    shifts = (0..<geometry.groupRows).flatMap { row in
      places.map { row * volume + planes.lastShift + planes.inputStart - $0 }
    }
    panels = Element.panels(rows: geometry.groupChannels)
    let copies = geometry.batchCount * geometry.groupCount
    let work = geometry.groupChannels * planes.inputSpan * shifts.count
    let wanted = max(1, min((7 + copies) / copies, work / ProductBlocking.leastParallelWork))
    panelStep = (panels.count + wanted - 1) / wanted
    channelPieces = (panels.count + panelStep - 1) / panelStep
    slotCount = max(1, min(WorkerPool.size, copies * channelPieces))
  }

  /// Elements of one plane of residuals with the zeros before and behind it.
  private var volume: Int { planes.lastShift + planes.inputStart + planes.inputSpan }
  private var packedCount: Int { geometry.groupChannels * shifts.count }
  private var planesCount: Int { (geometry.groupRows * volume).roundedUp(toMultipleOf: 16) + 64 }
  private var stride: Int { planes.inputSpan.roundedUp(toMultipleOf: 16) }
  private var slotElementCount: Int { planesCount + geometry.groupChannels * stride }
  private var weightCount: Int { (geometry.groupCount * packedCount).roundedUp(toMultipleOf: 16) }

  /// The weights transposed and packed, and for each thread the planes of one image.
  var workspaceByteCount: Int {
    (2 * weightCount + slotCount * slotElementCount) * MemoryLayout<Element>.stride
  }

  var method: String? { "shifted planes" }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let residual = arguments.input(0, as: Element.self).baseAddress,
      let weights = arguments.input(2, as: Element.self).baseAddress,
      let result = arguments.output(0, as: Element.self).baseAddress,
      let workspace = arguments.workspace.assumingMemoryBound(to: Element.self).baseAddress
    else { return }
    let transposed = workspace + weightCount
    for group in 0..<geometry.groupCount {
      transpose(
        weights + group * geometry.groupRows * geometry.placeCount,
        into: transposed + group * packedCount)
      Element.packLeft(
        rows: geometry.groupChannels, panels: 0..<panels.count, depth: shifts.count, alpha: 1,
        transposed + group * packedCount, rowStride: shifts.count, columnStride: 1,
        into: workspace + group * packedCount)
    }
    let isSmall =
      geometry.batchCount * geometry.groupCount * packedCount * planes.inputSpan
      < ProductBlocking.leastParallelWork
    WorkerPool.run(
      Pieces(
        gradient: self, residual: residual, weights: workspace, result: result,
        slots: transposed + weightCount),
      count: geometry.batchCount * geometry.groupCount * channelPieces,
      threadLimit: isSmall ? 1 : WorkerPool.limit(arguments.threadLimit, slots: slotCount))
  }

  /// From a row for each output channel to a row for each input channel; the places in the window stay
  /// together.
  private func transpose(
    _ weights: UnsafePointer<Element>, into target: UnsafeMutablePointer<Element>
  ) {
    let volume = geometry.window.kernelVolume
    for channel in 0..<geometry.groupChannels {
      Element.copyRows(
        geometry.groupRows, columns: volume, from: weights + channel * volume,
        rowStride: geometry.placeCount, to: target + channel * shifts.count, rowStride: volume)
    }
  }

  /// Some input channels of one group of one image.
  private struct Pieces: ParallelWork {
    let gradient: ShiftedInputGradient
    let residual: UnsafePointer<Element>
    let weights: UnsafePointer<Element>
    let result: UnsafeMutablePointer<Element>
    let slots: UnsafeMutablePointer<Element>

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    func run(index: Int, slot: Int) {
      let g = gradient
      let geometry = g.geometry
      let (copy, piece) = index.quotientAndRemainder(dividingBy: g.channelPieces)
      let (image, group) = copy.quotientAndRemainder(dividingBy: geometry.groupCount)
      let panels = piece * g.panelStep..<min((piece + 1) * g.panelStep, g.panels.count)
      let padded = slots + slot * g.slotElementCount
      let spread = padded + g.planesCount
      padded.update(repeating: 0, count: g.planesCount)
      g.planes.spread(
        residual + geometry.outputStart(image: image, group: group), channels: geometry.groupRows,
        into: padded + g.planes.lastShift, stride: g.volume)
      Element.multiplyShifted(
        rows: geometry.groupChannels, panels: panels, columns: g.planes.inputSpan,
        depth: g.shifts.count, left: weights + group * g.packedCount, right: padded,
        offsets: g.shifts, output: spread, outputRowStride: g.stride, rowBias: nil, bounds: nil)
      let channels = g.panels.rows(of: panels)
      g.planes.collectInput(
        spread + channels.lowerBound * g.stride, stride: g.stride, channels: channels.count,
        into: result + geometry.inputStart(image: image, group: group)
          + channels.lowerBound * geometry.window.inputVolume)
    }
  }
}
