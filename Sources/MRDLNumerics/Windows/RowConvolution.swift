internal import CMRDLKernels
internal import MRDLCore

/// A convolution at stride 1 of planes with packed weights: rows of the output are summed where they stand.
///
/// A piece of work is a band of output rows, or a part of the only one, of all output channels of a group.
/// What it sees is first copied into a buffer that has the padding as zeros, unless there is none. Outputs
/// narrower than half a register are computed as if they were as wide, in the buffer, and copied from there.
struct RowConvolution: Sendable {
  private let geometry: mrdl_window
  private let batchCount: Int
  private let groupCount: Int
  /// Input and output channels of a group.
  private let channels: Int
  private let outputs: Int
  /// Whether windows never see padding, so that nothing is copied.
  private let isBare: Bool
  /// The columns that are computed of a whole row.
  private let computedColumns: Int
  private let rowBands: EqualPieces
  private let columnBands: EqualPieces
  /// The extents of what a piece sees of one plane, at most.
  private let seenRows: Int
  private let seenColumns: Int
  private let offsets: [Int]
  private let slotCount: Int
  private let isSmall: Bool

  /// Elements that a piece sees or writes: they stay in the second cache.
  private static let bandElements = 65_536

  /// The largest depth of sums over the window.
  static let mostDepth = 512

  /// - Parameters:
  ///   - depthStep: the depth to which weights are packed together.
  /// - Returns: nil where another way is better or the only one.
  init?<Scalar: KernelScalar>(
    window: Window, batchCount: Int, groupCount: Int, channels: Int, outputs: Int, depthStep: Int,
    _: Scalar.Type
  ) {
    let g = window.geometry
    let depth = channels * window.kernelVolume
    let leastColumns = max(1, Scalar.lanes / 2)
    guard !window.isPointwise, g.stride.volume == 1, batchCount > 0, channels > 0, outputs > 0,
      window.outputVolume > 0, window.inputVolume > 0,
      depth <= min(depthStep, Self.mostDepth), 2 * g.output.width >= leastColumns
    else { return nil }
    geometry = g
    self.batchCount = batchCount
    self.groupCount = groupCount
    self.channels = channels
    self.outputs = outputs
    let reach = (
      height: (g.kernel.height - 1) * g.dilation.height,
      width: (g.kernel.width - 1) * g.dilation.width
    )
    computedColumns = max(g.output.width, leastColumns)
    let isNarrow = computedColumns > g.output.width
    isBare =
      !isNarrow
      && window.axes.allSatisfy {
        $0.begin == 0 && $0.output + ($0.kernel - 1) * $0.dilation <= $0.input
      }

    let copies = batchCount * groupCount * g.output.depth
    let work = outputs * g.output.height * g.output.width * depth
    let wanted = max(
      1, min((8 + copies - 1) / copies, work / ProductBlocking.leastParallelWork))
    let planes = max(outputs, channels * g.kernel.depth)
    if g.output.height == 1 && !isNarrow {
      let most = max(Scalar.lanes, Self.bandElements / planes)
      var step = min(most, (g.output.width + wanted - 1) / wanted).roundedUp(toMultipleOf: 16)
      // The last part has to be wide enough, too.
      while (1..<leastColumns).contains(g.output.width % step) { step += 16 }
      rowBands = EqualPieces(of: 1, step: 1)
      columnBands = EqualPieces(of: g.output.width, step: step)
      seenRows = reach.height + 1
      seenColumns = min(g.output.width, step) + reach.width
    } else {
      let width = max(g.output.width, g.input.width)
      let most = max(1, Self.bandElements / (planes * width))
      let step = min(most, (g.output.height + wanted - 1) / wanted)
      rowBands = EqualPieces(of: g.output.height, step: step)
      columnBands = EqualPieces(of: g.output.width, step: g.output.width)
      seenRows = step + reach.height
      seenColumns = computedColumns + reach.width
    }

    var offsets: [Int] = []
    offsets.reserveCapacity(depth)
    for channel in 0..<channels {
      for z in 0..<g.kernel.depth {
        let plane =
          isBare
          ? (channel * g.input.depth + z * g.dilation.depth) * g.input.height * g.input.width
          : (channel * g.kernel.depth + z) * seenRows * seenColumns
        for y in 0..<g.kernel.height {
          for x in 0..<g.kernel.width {
            let row = y * g.dilation.height * (isBare ? g.input.width : seenColumns)
            offsets.append(plane + row + x * g.dilation.width)
          }
        }
      }
    }
    self.offsets = offsets
    let pieces = copies * rowBands.count * columnBands.count
    slotCount = isBare ? 0 : min(WorkerPool.size, pieces)
    isSmall = copies * work < ProductBlocking.leastParallelWork
  }

  /// Whether more columns are computed than the output has.
  private var isNarrow: Bool { computedColumns > geometry.output.width }

  /// Elements of what a piece sees, in its buffer.
  private var seenElementCount: Int {
    (channels * geometry.kernel.depth * seenRows * seenColumns).roundedUp(toMultipleOf: 16)
  }

  private var slotElementCount: Int {
    seenElementCount
      + (isNarrow ? outputs * rowBands[0].count * computedColumns : 0)
      .roundedUp(toMultipleOf: 16)
  }

  /// Elements of workspace.
  var workspaceCount: Int { slotCount * slotElementCount }

  /// - Parameter weights: packed, one group after the other.
  func run<Scalar: KernelScalar>(
    input: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>?,
    residual: UnsafePointer<Scalar>?, activation: Activation,
    output: UnsafeMutablePointer<Scalar>, workspace: UnsafeMutablePointer<Scalar>?,
    threadLimit: Int
  ) {
    precondition(workspaceCount == 0 || workspace != nil, "a convolution needs its workspace")
    WorkerPool.run(
      Pieces(
        convolution: self, input: input, weights: weights, bias: bias, residual: residual,
        activation: activation, output: output, slots: workspace),
      count: batchCount * groupCount * geometry.output.depth * rowBands.count * columnBands.count,
      threadLimit: isSmall
        ? 1 : isBare ? threadLimit : WorkerPool.limit(threadLimit, slots: slotCount))
  }

  private struct Pieces<Scalar: KernelScalar>: ParallelWork {
    let convolution: RowConvolution
    let input: UnsafePointer<Scalar>
    let weights: UnsafePointer<Scalar>
    let bias: UnsafePointer<Scalar>?
    let residual: UnsafePointer<Scalar>?
    let activation: Activation
    let output: UnsafeMutablePointer<Scalar>
    let slots: UnsafeMutablePointer<Scalar>?

    func run(index: Int, slot: Int) {
      let c = convolution
      let g = c.geometry
      let (plane, band) = index.quotientAndRemainder(
        dividingBy: c.rowBands.count * c.columnBands.count)
      let (copy, z) = plane.quotientAndRemainder(dividingBy: g.output.depth)
      let group = copy % c.groupCount
      let rows = c.rowBands[band / c.columnBands.count]
      let columns = c.columnBands[band % c.columnBands.count]
      let image = input + copy * c.channels * g.input.volume
      let start =
        copy * c.outputs * g.output.volume
        + (z * g.output.height + rows.lowerBound) * g.output.width + columns.lowerBound
      var target = (output + start, rowStride: g.output.width, planeStride: g.output.volume)
      var seen =
        image + (z * g.input.height + rows.lowerBound) * g.input.width + columns.lowerBound
      if !c.isBare, let slots {
        let buffer = slots + slot * c.slotElementCount
        c.stage(image, plane: z, rows: rows, columns: columns, into: buffer)
        seen = UnsafePointer(buffer)
        if c.isNarrow {
          target = (
            buffer + c.seenElementCount, c.computedColumns, rows.count * c.computedColumns
          )
        }
      }
      c.offsets.withUnsafeBufferPointer { offsets in
        guard let offsets = offsets.baseAddress else { return }
        Scalar.convolveRows(
          ConvolutionRows(
            channels: c.outputs, rows: rows.count,
            columns: c.isNarrow ? c.computedColumns : columns.count, depth: c.offsets.count,
            offsets: offsets, input: seen,
            inputRowStride: c.isBare ? g.input.width : c.seenColumns,
            weights: weights + group * c.outputs * c.offsets.count, output: target.0,
            outputRowStride: target.rowStride, outputPlaneStride: target.planeStride,
            bias: bias.map { $0 + group * c.outputs },
            bounds: residual == nil ? activation.bounds : nil))
      }
      if c.isNarrow {
        for channel in 0..<c.outputs {
          Scalar.copyRows(
            rows.count, columns: g.output.width, from: target.0 + channel * target.planeStride,
            rowStride: target.rowStride, to: output + start + channel * g.output.volume,
            rowStride: g.output.width)
        }
      }
      if residual != nil || activation.needsSecondPass {
        Scalar.finish(
          rows: c.outputs, columns: rows.count == 1 ? columns.count : rows.count * g.output.width,
          output + start, rowStride: g.output.volume, rowBias: nil, columnBias: nil,
          residual: residual.map { $0 + start }, activation)
      }
    }
  }

  /// Copies what some outputs see into a buffer, with zeros for what is outside the input.
  private func stage<Scalar: KernelScalar>(
    _ image: UnsafePointer<Scalar>, plane: Int, rows: Range<Int>, columns: Range<Int>,
    into buffer: UnsafeMutablePointer<Scalar>
  ) {
    let g = geometry
    let height = rows.count + (g.kernel.height - 1) * g.dilation.height
    let width =
      (isNarrow ? computedColumns : columns.count) + (g.kernel.width - 1) * g.dilation.width
    // The columns of the buffer that are inside the input, and the rows.
    let left = columns.lowerBound - g.begin.width
    let inside = min(width, max(0, -left))..<min(width, max(0, g.input.width - left))
    let top = rows.lowerBound - g.begin.height
    let insideRows = min(height, max(0, -top))..<min(height, max(0, g.input.height - top))
    for channel in 0..<channels {
      for tap in 0..<g.kernel.depth {
        let z = plane + tap * g.dilation.depth - g.begin.depth
        let to = buffer + (channel * g.kernel.depth + tap) * seenRows * seenColumns
        to.update(repeating: 0, count: height * seenColumns)
        guard (0..<g.input.depth).contains(z), !inside.isEmpty, !insideRows.isEmpty else {
          continue
        }
        let from =
          image
          + ((channel * g.input.depth + z) * g.input.height + top + insideRows.lowerBound)
          * g.input.width + left + inside.lowerBound
        Scalar.copyRows(
          insideRows.count, columns: inside.count, from: from, rowStride: g.input.width,
          to: to + insideRows.lowerBound * seenColumns + inside.lowerBound, rowStride: seenColumns)
      }
    }
  }
}
