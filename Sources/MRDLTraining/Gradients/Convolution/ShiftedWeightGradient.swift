internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// The residual of the weights of a convolution at stride 1: for each output channel and each place in the
/// window the sum of the residual times the view that the place has of the input, over the batch.
///
/// Planes are read as they lie, and nothing is packed.
struct ShiftedWeightGradient<Element: RealElement>: Kernel {
  private let geometry: ConvolutionGeometry
  private let planes: PaddedPlanes
  private let shifts: [Int]
  /// Images whose planes are at hand together.
  private let imageStep: Int
  /// Elements of a plane of the residual.
  private let stride: Int
  /// The inputs of those images and, behind them, what registers read beyond their end.
  private let inputsCount: Int
  private let shards: WeightGradientShards<Element>

  /// The most elements of the planes that are at hand.
  private static var mostElements: Int { 262_144 }

  /// - Returns: nil where another way is better.
  init?(_ geometry: ConvolutionGeometry) {
    guard geometry.batchCount > 0, geometry.groupRows > 0, geometry.groupChannels > 0,
      let planes = PaddedPlanes(geometry.window)
    else { return nil }
    self.geometry = geometry
    self.planes = planes
    let planeCount =
      geometry.groupChannels * planes.volume + geometry.groupRows * (planes.columnCount + 15)
    guard planeCount <= Self.mostElements else { return nil }
    shifts = planes.shifts(channels: geometry.groupChannels)
    // Enough images for a shard that joining its sums counts little.
    let work = geometry.batchCount * geometry.weightCount * planes.columnCount
    let pieces = max(1, work / ProductBlocking.leastParallelWork)
    let shardCount = max(
      1,
      min((geometry.batchCount + 7) / 8, WeightGradientShards<Element>.most(geometry), pieces))
    let wanted = max(1, min(8 / shardCount, pieces / shardCount, (shifts.count + 15) / 16))
    imageStep = max(
      1, min(Self.mostElements / planeCount, (geometry.batchCount + shardCount - 1) / shardCount))
    stride = planes.columnCount.roundedUp(toMultipleOf: 16)
    inputsCount =
      (imageStep * geometry.groupChannels * planes.volume).roundedUp(toMultipleOf: 16) + 64
    shards = WeightGradientShards(
      geometry, count: shardCount,
      placeStep: ((shifts.count + wanted - 1) / wanted + 3) / 4 * 4,
      slotElementCount: inputsCount + imageStep * geometry.groupRows * stride)
  }

  private var inputCount: Int { geometry.groupChannels * planes.volume }

  var workspaceByteCount: Int { shards.workspaceByteCount }

  var method: String? { "shifted planes" }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let residual = arguments.input(0, as: Element.self).baseAddress,
      let input = arguments.input(1, as: Element.self).baseAddress,
      let result = arguments.output(0, as: Element.self).baseAddress,
      let workspace = arguments.workspace.assumingMemoryBound(to: Element.self).baseAddress
    else { return }
    shards.run(
      Pieces(
        gradient: self, residual: residual, input: input, result: result, workspace: workspace),
      result: result, workspace: workspace, threadLimit: arguments.threadLimit)
  }

  /// One shard of the batch, one group, some places in the window.
  private struct Pieces: ParallelWork {
    let gradient: ShiftedWeightGradient
    let residual: UnsafePointer<Element>
    let input: UnsafePointer<Element>
    let result: UnsafeMutablePointer<Element>
    let workspace: UnsafeMutablePointer<Element>

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    func run(index: Int, slot: Int) {
      let g = gradient
      let geometry = g.geometry
      let piece = g.shards.piece(index, result: result, workspace: workspace)
      let inputs = g.shards.slot(slot, in: workspace)
      let residuals = inputs + g.inputsCount
      // Padding, gaps, and what lies beyond the last plane.
      inputs.update(
        repeating: 0, count: g.inputsCount + g.imageStep * geometry.groupRows * g.stride)
      let images = piece.images
      for start in Swift.stride(from: images.lowerBound, to: images.upperBound, by: g.imageStep) {
        let count = min(g.imageStep, images.upperBound - start)
        for image in 0..<count {
          g.planes.pad(
            input + geometry.inputStart(image: start + image, group: piece.group),
            channels: geometry.groupChannels, into: inputs + image * g.inputCount)
          g.planes.spread(
            residual + geometry.outputStart(image: start + image, group: piece.group),
            channels: geometry.groupRows,
            into: residuals + image * geometry.groupRows * g.stride, stride: g.stride)
        }
        g.shifts.withUnsafeBufferPointer { shifts in
          Element.correlate(
            rows: geometry.groupRows, offsets: UnsafeBufferPointer(rebasing: shifts[piece.places]),
            images: count, count: g.stride, residuals, rowStride: g.stride,
            imageStride: geometry.groupRows * g.stride, inputs, inputImageStride: g.inputCount,
            into: piece.target, resultRowStride: geometry.placeCount,
            accumulates: start > images.lowerBound)
        }
      }
    }
  }
}
