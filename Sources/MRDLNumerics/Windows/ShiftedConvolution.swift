internal import MRDLCore

/// A convolution at stride 1 of planes so small that those of one image lie in the second cache: a product
/// with shifted views of the padded planes.
struct ShiftedConvolution: Sendable {
  private let planes: PaddedPlanes
  private let batchCount: Int
  private let groupCount: Int
  /// Input and output channels of a group.
  private let channels: Int
  private let rows: Int
  private let outputVolume: Int
  private let inputVolume: Int
  private let shifts: [Int]
  private let panels: RowPanels
  private let panelStep: Int
  private let rowPieces: Int
  private let slotCount: Int

  /// The most elements of the planes of one image.
  private static let mostElements = 262_144

  /// - Returns: nil where another way is better.
  init?<Scalar: KernelScalar>(
    window: Window, batchCount: Int, groupCount: Int, channels: Int, rows: Int, _: Scalar.Type
  ) {
    guard !window.isPointwise, batchCount > 0, rows > 0, channels > 0,
      let planes = PaddedPlanes(window),
      channels * planes.volume + rows * planes.columnCount <= Self.mostElements
    else { return nil }
    self.planes = planes
    self.batchCount = batchCount
    self.groupCount = groupCount
    self.channels = channels
    self.rows = rows
    outputVolume = window.outputVolume
    inputVolume = window.inputVolume
    shifts = planes.shifts(channels: channels)
    panels = Scalar.panels(rows: rows)
    let copies = batchCount * groupCount
    let work = rows * planes.columnCount * shifts.count
    let wanted = max(1, min((7 + copies) / copies, work / ProductBlocking.leastParallelWork))
    panelStep = (panels.count + wanted - 1) / wanted
    rowPieces = (panels.count + panelStep - 1) / panelStep
    let pieces = copies * rowPieces
    slotCount = pieces > 1 ? min(WorkerPool.size, pieces) : 1
  }

  private var packedCount: Int { rows * shifts.count }
  private var stride: Int { planes.columnCount.roundedUp(toMultipleOf: 16) }
  /// The planes and, behind them, what registers read beyond their end.
  private var planesCount: Int { (channels * planes.volume).roundedUp(toMultipleOf: 16) + 64 }
  private var slotElementCount: Int { planesCount + rows * stride }

  /// Elements of workspace: the packed weights, and for each thread the planes of an image.
  var workspaceCount: Int {
    (groupCount * packedCount).roundedUp(toMultipleOf: 16) + slotCount * slotElementCount
  }

  func run<Scalar: KernelScalar>(
    input: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>?,
    residual: UnsafePointer<Scalar>?, activation: Activation,
    output: UnsafeMutablePointer<Scalar>, workspace: UnsafeMutablePointer<Scalar>,
    threadLimit: Int
  ) {
    for group in 0..<groupCount {
      Scalar.packLeft(
        rows: rows, panels: 0..<panels.count, depth: shifts.count, alpha: 1,
        weights + group * packedCount, rowStride: shifts.count, columnStride: 1,
        into: workspace + group * packedCount)
    }
    let isSmall =
      batchCount * groupCount * rows * planes.columnCount * shifts.count
      < ProductBlocking.leastParallelWork
    WorkerPool.run(
      Pieces(
        convolution: self, input: input, weights: workspace, bias: bias, residual: residual,
        activation: activation, output: output,
        slots: workspace + (groupCount * packedCount).roundedUp(toMultipleOf: 16)),
      count: batchCount * groupCount * rowPieces,
      threadLimit: isSmall ? 1 : WorkerPool.limit(threadLimit, slots: slotCount))
  }

  /// Some rows of one group of one image.
  private struct Pieces<Scalar: KernelScalar>: ParallelWork {
    let convolution: ShiftedConvolution
    let input: UnsafePointer<Scalar>
    let weights: UnsafePointer<Scalar>
    let bias: UnsafePointer<Scalar>?
    let residual: UnsafePointer<Scalar>?
    let activation: Activation
    let output: UnsafeMutablePointer<Scalar>
    let slots: UnsafeMutablePointer<Scalar>

    func run(index: Int, slot: Int) {
      let c = convolution
      let (copy, piece) = index.quotientAndRemainder(dividingBy: c.rowPieces)
      let group = copy % c.groupCount
      let panels = piece * c.panelStep..<min((piece + 1) * c.panelStep, c.panels.count)
      let padded = slots + slot * c.slotElementCount
      let spread = padded + c.planesCount
      padded.update(repeating: 0, count: c.planesCount)
      c.planes.pad(input + copy * c.channels * c.inputVolume, channels: c.channels, into: padded)
      Scalar.multiplyShifted(
        rows: c.rows, panels: panels, columns: c.planes.columnCount, depth: c.shifts.count,
        left: weights + group * c.packedCount, right: padded, offsets: c.shifts, output: spread,
        outputRowStride: c.stride, rowBias: bias.map { $0 + group * c.rows },
        bounds: residual == nil ? activation.bounds : nil)
      let rows = c.panels.rows(of: panels)
      let start = (copy * c.rows + rows.lowerBound) * c.outputVolume
      c.planes.collect(
        spread + rows.lowerBound * c.stride, stride: c.stride, channels: rows.count,
        into: output + start)
      if residual != nil || activation.needsSecondPass {
        Scalar.finish(
          rows: 1, columns: rows.count * c.outputVolume, output + start, rowStride: 0,
          rowBias: nil, columnBias: nil, residual: residual.map { $0 + start }, activation)
      }
    }
  }
}
