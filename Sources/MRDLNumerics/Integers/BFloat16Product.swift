internal import CMRDLKernels
internal import MRDLCore

/// The product of a row-major matrix of float32 and a constant one that is packed in bfloat16, with what
/// becomes of its sums. The left matrix is rounded to bfloat16 on the way.
///
/// Results do not depend on the number of threads. A run allocates nothing.
package struct BFloat16Product: Sendable {
  package let rows: Int
  package let columns: Int
  package let depth: Int
  package let epilogue: Epilogue
  private let kernels: mrdl_bf16_kernels

  /// nil where the processor has no instructions for it.
  package init?(rows: Int, columns: Int, depth: Int, epilogue: Epilogue) {
    guard let kernels = mrdl_bf16_kernels_current() else { return nil }
    self.kernels = kernels.pointee
    self.rows = rows
    self.columns = columns
    self.depth = depth
    self.epilogue = epilogue
  }

  package var method: String { kernels.name }

  /// The depth is filled up with zeros.
  private var paddedDepth: Int { depth.roundedUp(toMultipleOf: kernels.depth_step) }

  /// Elements of a bias by column: the columns filled up to whole blocks.
  package var paddedColumns: Int {
    (columns + kernels.lanes - 1) / kernels.lanes * kernels.lanes
  }

  package var packedRightByteCount: Int { paddedColumns * paddedDepth * 2 }

  package func packedRightLayout(rowStride: Int, columnStride: Int) -> String {
    "bf16/right/\(kernels.depth_step)/\(depth)x\(columns)/\(rowStride),\(columnStride)"
  }

  /// Packs the right matrix.
  package func packRight(
    _ matrix: UnsafeRawPointer, rowStride: Int, columnStride: Int,
    into packed: UnsafeMutableRawPointer
  ) {
    kernels.pack_weights(
      columns, depth, 1, columnStride, rowStride, 0, matrix.assumingMemoryBound(to: Float.self),
      packed.assumingMemoryBound(to: UInt16.self))
  }

  /// The bytes that `run` needs as workspace.
  package var workspaceByteCount: Int { (rows * paddedDepth * 2).roundedUp(toMultipleOf: 64) }

  /// Computes the product.
  ///
  /// - Parameters:
  ///   - right: as `packRight` makes it.
  ///   - bias: `paddedColumns` elements; nil for none.
  ///   - residual: lies like the output, and may be it; there exactly where the epilogue adds one.
  ///   - workspace: `workspaceByteCount` bytes.
  package func run(
    left: UnsafeRawPointer, right: UnsafeRawPointer, bias: UnsafeRawPointer?,
    residual: UnsafeRawPointer?, output: UnsafeMutableRawPointer,
    workspace: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    if rows == 0 || columns == 0 { return }
    let left = left.assumingMemoryBound(to: Float.self)
    let narrow = workspace.assumingMemoryBound(to: UInt16.self)
    for row in 0..<rows {
      let to = narrow + row * paddedDepth
      kernels.narrow(depth, left + row * depth, to)
      (to + depth).update(repeating: 0, count: paddedDepth - depth)
    }
    let pieces = Pieces(
      product: self, left: UnsafeRawPointer(workspace).assumingMemoryBound(to: UInt8.self),
      right: right.assumingMemoryBound(to: Int8.self),
      bias: bias?.assumingMemoryBound(to: Float.self),
      residual: residual?.assumingMemoryBound(to: Float.self), output: output)
    WorkerPool.run(pieces, count: pieces.count, threadLimit: threadLimit)
  }

  private struct Pieces: ParallelWork {
    let product: BFloat16Product
    let left: UnsafePointer<UInt8>
    let right: UnsafePointer<Int8>
    let bias: UnsafePointer<Float>?
    let residual: UnsafePointer<Float>?
    let output: UnsafeMutableRawPointer

    /// Panels of a piece; all rows share one, so that each panel is read once.
    private var panelStep: Int {
      let work = product.rows * product.columns * product.depth / 2
      let wanted = max(1, min(8, work / ProductBlocking.leastParallelWork))
      return max(1, (panels + wanted - 1) / wanted)
    }

    private var panels: Int {
      let panel = product.kernels.lanes * product.kernels.panel_blocks
      return (product.columns + panel - 1) / panel
    }

    var count: Int { (panels + panelStep - 1) / panelStep }

    func run(index: Int, slot: Int) {
      let kernels = product.kernels
      let lanes = kernels.lanes
      let step = panelStep * kernels.panel_blocks
      let blocks = index * step..<min(product.paddedColumns / lanes, (index + 1) * step)
      // Where there is no bias, what is not read may be anything.
      let unread = UnsafeRawPointer(right).assumingMemoryBound(to: Int32.self)
      let ending = IntegerEnding(
        .real, bias: unread, offset: bias, residual: residual,
        activation: product.epilogue.activation)
      var tap = 0
      withUnsafePointer(to: &tap) { tap in
        var arguments = mrdl_integer_product(
          rows: 1, columns: product.rows, input: left, input_row_stride: 0,
          input_column_stride: product.paddedDepth * 2,
          input_block_stride: kernels.input_lanes * 2, channels: product.paddedDepth, taps: 1,
          tap_offsets: UnsafeRawPointer(tap).assumingMemoryBound(to: Int.self), weights: right,
          first_block: blocks.lowerBound, last_block: blocks.upperBound,
          output_channels: product.columns, output: output, output_row_stride: 0,
          output_column_stride: product.columns, output_block_stride: lanes,
          ending: ending.arguments())
        kernels.product(&arguments)
      }
      let first = blocks.lowerBound * lanes
      ending.finish(
        output + first * 4, rows: product.rows, rowStride: product.columns,
        columns: min(product.columns, blocks.upperBound * lanes) - first)
    }
  }
}
