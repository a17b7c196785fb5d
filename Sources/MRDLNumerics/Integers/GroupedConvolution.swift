internal import CMRDLKernels
internal import MRDLCore

/// A direct convolution of blocked tensors whose kernels sum up groups of four bytes: four whole numbers, or
/// two of bfloat16.
struct GroupedConvolution: ParallelWork {
  let plan: DirectBlockedConvolution
  let layout: Layout

  /// How the input lies.
  struct Layout {
    /// Bytes of a block at one pixel for each lane of a block of the output.
    let unit: Int
    let blockCount: Int
    /// Those that are multiplied.
    let channels: Int
  }

  let product: @convention(c) (UnsafePointer<mrdl_integer_product>) -> Void
  let stageRows:
    @convention(c) (
      UnsafePointer<mrdl_window>, UnsafePointer<UInt8>, Int, Int, Int, Int, Int, UInt8,
      UnsafeMutablePointer<UInt8>
    ) -> Void
  let input: UnsafePointer<UInt8>
  let weights: UnsafePointer<Int8>
  /// The byte that stands outside the input.
  let padding: UInt8
  let ending: IntegerEnding
  let output: UnsafeMutableRawPointer
  /// `workspaceByteCount` bytes, aligned to 64; nil when there are none.
  let workspace: UnsafeMutablePointer<UInt8>?

  static func workspaceByteCount(_ plan: DirectBlockedConvolution, _ layout: Layout) -> Int {
    plan.isStaged ? plan.slotCount * slotByteCount(plan, layout) : 0
  }

  private static func slotByteCount(_ plan: DirectBlockedConvolution, _ layout: Layout) -> Int {
    (layout.blockCount * plan.staging.blockStride * layout.unit).roundedUp(toMultipleOf: 64)
  }

  func run(threadLimit: Int) {
    WorkerPool.run(
      self, count: plan.batchCount * plan.bandCount * plan.panelPieces,
      threadLimit: plan.isStaged
        ? WorkerPool.limit(threadLimit, slots: plan.slotCount) : threadLimit)
  }

  func run(index: Int, slot: Int) {
    let lanes = plan.lanes
    let unit = layout.unit
    let block = lanes * unit
    let (image, units, blocks) = plan.piece(index)
    let (first, last) = (units.lowerBound, units.upperBound)
    let blockCount = plan.weights.outputBlocks
    let g = plan.geometry
    let planeStride = g.input.height * g.input.width * block
    let imageInput = input + image * layout.blockCount * planeStride

    let seen: UnsafePointer<UInt8>
    if plan.isStaged {
      guard let workspace else { return }
      let buffer = workspace + slot * Self.slotByteCount(plan, layout)
      let rows = plan.stagedRows(first..<last)
      withUnsafePointer(to: g) { window in
        for index in 0..<layout.blockCount {
          stageRows(
            window, imageInput + index * planeStride, plan.staging.rowStep, plan.staging.phases,
            plan.staging.phaseWidth, rows.lowerBound, rows.upperBound, padding,
            buffer + index * plan.staging.blockStride * unit)
        }
      }
      seen = UnsafePointer(buffer)
    } else {
      seen = imageInput + first * (plan.isFlat ? block : plan.staging.outputRowStride * unit)
    }

    let blockStride = g.output.height * g.output.width * lanes
    let rowStride = g.output.width * lanes
    let start = image * blockCount * blockStride + first * (plan.isFlat ? lanes : rowStride)
    let target = output + start * ending.result.byteCount
    withUnsafeTemporaryAllocation(of: Int.self, capacity: plan.tapOffsets.count) { offsets in
      for index in plan.tapOffsets.indices { offsets[index] = plan.tapOffsets[index] * unit }
      guard let taps = offsets.baseAddress else { return }
      var arguments = mrdl_integer_product(
        rows: plan.isFlat ? 1 : last - first, columns: plan.isFlat ? last - first : plan.columns,
        input: seen, input_row_stride: plan.staging.outputRowStride * unit,
        input_column_stride: block, input_block_stride: plan.staging.blockStride * unit,
        channels: layout.channels, taps: offsets.count, tap_offsets: taps,
        weights: weights, first_block: blocks.lowerBound, last_block: blocks.upperBound,
        output_channels: blockCount * lanes, output: target, output_row_stride: rowStride,
        output_column_stride: lanes, output_block_stride: blockStride,
        ending: ending.arguments(element: start))
      product(&arguments)
    }
    ending.finish(
      target + blocks.lowerBound * blockStride * ending.result.byteCount, rows: blocks.count,
      rowStride: blockStride, columns: (last - first) * (plan.isFlat ? lanes : rowStride))
  }
}
