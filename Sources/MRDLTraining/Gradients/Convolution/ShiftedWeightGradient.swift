internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// The residual of the weights of a convolution at stride 1: for each output channel and each place in the
/// window the sum of the residual times the view that the place has of the input, over the batch.
///
/// Planes are read as they lie, and nothing is packed. The batch is cut into shards by the shape alone; a shard
/// sums its images in order, and then the shards are summed in order, so that results do not depend on the
/// number of threads.
struct ShiftedWeightGradient<Element: RealElement>: Kernel {
  private let geometry: ConvolutionGeometry
  private let planes: PaddedPlanes
  private let shifts: [Int]
  private let shardCount: Int
  /// Places in the window of one piece.
  private let placeStep: Int
  private let placePieces: Int
  /// Images whose planes are at hand together.
  private let imageStep: Int
  private let slotCount: Int

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
    // At most 16 MB of partial sums, and enough images for a shard that joining its sums counts little.
    let most = max(1, (16 << 20) / (geometry.weightCount * MemoryLayout<Element>.stride))
    let work = geometry.batchCount * geometry.weightCount * planes.columnCount
    let pieces = max(1, work / ProductBlocking.leastParallelWork)
    shardCount = max(1, min((geometry.batchCount + 7) / 8, 16, most, pieces))
    let wanted = max(1, min(8 / shardCount, pieces / shardCount, (shifts.count + 15) / 16))
    placeStep = ((shifts.count + wanted - 1) / wanted + 3) / 4 * 4
    placePieces = (shifts.count + placeStep - 1) / placeStep
    imageStep = max(
      1, min(Self.mostElements / planeCount, (geometry.batchCount + shardCount - 1) / shardCount))
    slotCount = max(1, min(WorkerPool.size, shardCount * geometry.groupCount * placePieces))
  }

  private func roundedUp(_ count: Int) -> Int { (count + 15) / 16 * 16 }
  private var inputCount: Int { geometry.groupChannels * planes.volume }
  private var stride: Int { roundedUp(planes.columnCount) }
  /// The inputs and, behind them, what registers read beyond their end.
  private var inputsCount: Int { roundedUp(imageStep * inputCount) + 64 }
  private var slotElementCount: Int { inputsCount + imageStep * geometry.groupRows * stride }
  private var partialCount: Int { roundedUp(geometry.weightCount) }

  /// The planes of some images for each thread, then the sums of all shards but the first.
  var workspaceByteCount: Int {
    (slotCount * slotElementCount + (shardCount - 1) * partialCount)
      * MemoryLayout<Element>.stride
  }

  var method: String? { "shifted planes" }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let residual = arguments.input(0, as: Element.self).baseAddress,
      let input = arguments.input(1, as: Element.self).baseAddress,
      let result = arguments.output(0, as: Element.self).baseAddress,
      let workspace = arguments.workspace.assumingMemoryBound(to: Element.self).baseAddress
    else { return }
    let partials = workspace + slotCount * slotElementCount
    WorkerPool.run(
      Pieces(
        gradient: self, residual: residual, input: input, result: result, slots: workspace,
        partials: partials),
      count: shardCount * geometry.groupCount * placePieces,
      threadLimit: WorkerPool.limit(arguments.threadLimit, slots: slotCount))
    for shard in 1..<shardCount {
      Element.sumColumns(
        rows: 1, columns: geometry.weightCount, partials + (shard - 1) * partialCount,
        rowStride: geometry.weightCount, result, accumulates: true)
    }
  }

  /// One shard of the batch, one group, some places in the window.
  private struct Pieces: ParallelWork {
    let gradient: ShiftedWeightGradient
    let residual: UnsafePointer<Element>
    let input: UnsafePointer<Element>
    let result: UnsafeMutablePointer<Element>
    let slots: UnsafeMutablePointer<Element>
    let partials: UnsafeMutablePointer<Element>

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    func run(index: Int, slot: Int) {
      let g = gradient
      let geometry = g.geometry
      let (rest, piece) = index.quotientAndRemainder(dividingBy: g.placePieces)
      let (shard, group) = rest.quotientAndRemainder(dividingBy: geometry.groupCount)
      let places = piece * g.placeStep..<min((piece + 1) * g.placeStep, g.shifts.count)
      let target =
        (shard == 0 ? result : partials + (shard - 1) * g.partialCount)
        + group * geometry.groupRows * geometry.placeCount + places.lowerBound
      let first = shard * geometry.batchCount / g.shardCount
      let last = (shard + 1) * geometry.batchCount / g.shardCount
      let inputs = slots + slot * g.slotElementCount
      let residuals = inputs + g.inputsCount
      // Padding, gaps, and what lies beyond the last plane.
      inputs.update(repeating: 0, count: g.slotElementCount)
      for start in Swift.stride(from: first, to: last, by: g.imageStep) {
        let count = min(g.imageStep, last - start)
        for image in 0..<count {
          g.planes.pad(
            input + geometry.inputStart(image: start + image, group: group),
            channels: geometry.groupChannels, into: inputs + image * g.inputCount)
          g.planes.spread(
            residual + geometry.outputStart(image: start + image, group: group),
            channels: geometry.groupRows,
            into: residuals + image * geometry.groupRows * g.stride, stride: g.stride)
        }
        g.shifts.withUnsafeBufferPointer { shifts in
          Element.correlate(
            rows: geometry.groupRows, offsets: UnsafeBufferPointer(rebasing: shifts[places]),
            images: count, count: g.stride, residuals, rowStride: g.stride,
            imageStride: geometry.groupRows * g.stride, inputs, inputImageStride: g.inputCount,
            into: target, resultRowStride: geometry.placeCount, accumulates: start > first)
        }
      }
    }
  }
}
