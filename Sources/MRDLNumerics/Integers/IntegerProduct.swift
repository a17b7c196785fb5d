internal import CMRDLKernels

/// The product of a matrix of u8 and one of i8, with what becomes of its sums.
///
/// The left matrix is row-major, the right one is packed ahead, the result row-major. Sums are exact in i32.
/// Results do not depend on the number of threads. A run allocates nothing.
package struct IntegerProduct: Sendable {
  package let rows: Int
  package let columns: Int
  package let depth: Int
  private let width: BlockWidth
  /// Rows of a piece, and panels of one.
  private let rowStep: Int
  private let panelStep: Int

  package init(rows: Int, columns: Int, depth: Int) {
    self.rows = rows
    self.columns = columns
    self.depth = depth
    width = .wide
    let kernels = width.integerKernels
    let panels = Self.panelCount(columns, width)
    // A sum of integers takes a quarter of the time of one of real numbers.
    let work = rows * columns * depth / 4
    let wanted = max(1, min(8, work / ProductBlocking.leastParallelWork))
    let panelPieces = min(panels, wanted)
    panelStep = panelPieces == 0 ? 1 : (panels + panelPieces - 1) / panelPieces
    let rowPieces = max(1, wanted / max(panelPieces, 1))
    let tile = kernels.tile_pixels
    rowStep = max(1, ((rows + rowPieces - 1) / rowPieces + tile - 1) / tile * tile)
  }

  private static func panelCount(_ columns: Int, _ width: BlockWidth) -> Int {
    let panel = width.lanes * width.integerKernels.panel_blocks
    return (columns + panel - 1) / panel
  }

  package var kernelName: String { String(cString: width.integerKernels.name) }

  /// Elements of arrays by column: the columns filled up to whole blocks.
  package var paddedColumns: Int { width.paddedChannels(columns) }

  private var paddedDepth: Int {
    let group = width.integerKernels.group
    return (depth + group - 1) / group * group
  }

  package var packedRightByteCount: Int { paddedColumns * paddedDepth }

  /// A name for the layout that `packRight` makes, the same for two products when they can share it.
  ///
  /// - Parameters: those of `packRight`.
  package func packedRightLayout(rowStride: Int, columnStride: Int, flip: UInt8) -> String {
    "integers/right/\(depth)x\(columns)/\(rowStride),\(columnStride)/\(width.lanes)/\(flip)"
  }

  /// Packs the right matrix.
  ///
  /// - Parameter flip: combined with every byte by exclusive or: 128 makes i8 of u8 less 128.
  package func packRight(
    _ matrix: UnsafeRawPointer, rowStride: Int, columnStride: Int, flip: UInt8,
    into packed: UnsafeMutableRawPointer
  ) {
    width.integerKernels.pack_weights(
      columns, depth, 1, columnStride, rowStride, 0, flip,
      matrix.assumingMemoryBound(to: Int8.self), packed.assumingMemoryBound(to: Int8.self))
  }

  /// Whether the left matrix is read as it stands.
  private func readsInPlace(flip: UInt8) -> Bool { flip == 0 && paddedDepth == depth }

  /// The bytes that `run` needs as workspace.
  ///
  /// - Parameter leftFlip: that of `run`.
  package func workspaceByteCount(leftFlip: UInt8) -> Int {
    readsInPlace(flip: leftFlip) ? 0 : rows * paddedDepth
  }

  /// Computes the product.
  ///
  /// - Parameters:
  ///   - left: row-major, `rows` × `depth`.
  ///   - leftFlip: combined with every byte of it by exclusive or.
  ///   - right: as `packRight` makes it.
  ///   - ending: arrays of `paddedColumns` elements.
  ///   - workspace: `workspaceByteCount` bytes; nil when there are none.
  /// - Complexity: O(rows · columns · depth).
  package func run(
    left: UnsafeRawPointer, leftFlip: UInt8, right: UnsafeRawPointer, ending: IntegerEnding,
    output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer?, threadLimit: Int
  ) {
    if rows == 0 || columns == 0 { return }
    var input = left.assumingMemoryBound(to: UInt8.self)
    if !readsInPlace(flip: leftFlip) {
      guard let copy = workspace?.assumingMemoryBound(to: UInt8.self) else {
        preconditionFailure("a product needs its workspace")
      }
      for row in 0..<rows {
        let (from, to) = (input + row * depth, copy + row * paddedDepth)
        for index in 0..<depth { to[index] = from[index] ^ leftFlip }
        for index in depth..<paddedDepth { to[index] = 0 }
      }
      input = UnsafePointer(copy)
    }
    let pieces = Pieces(
      product: self, left: input, right: right.assumingMemoryBound(to: Int8.self), ending: ending,
      output: output)
    WorkerPool.run(pieces, count: pieces.count, threadLimit: threadLimit)
  }

  private struct Pieces: ParallelWork {
    let product: IntegerProduct
    let left: UnsafePointer<UInt8>
    let right: UnsafePointer<Int8>
    let ending: IntegerEnding
    let output: UnsafeMutableRawPointer

    private var panelPieces: Int {
      let panels = IntegerProduct.panelCount(product.columns, product.width)
      return (panels + product.panelStep - 1) / product.panelStep
    }

    var count: Int { (product.rows + product.rowStep - 1) / product.rowStep * panelPieces }

    func run(index: Int, slot: Int) {
      let (rowPiece, panelPiece) = index.quotientAndRemainder(dividingBy: panelPieces)
      let rows =
        rowPiece * product.rowStep..<min(product.rows, (rowPiece + 1) * product.rowStep)
      let kernels = product.width.integerKernels
      let lanes = product.width.lanes
      let step = product.panelStep * kernels.panel_blocks
      let blocks =
        panelPiece
        * step..<min(
          product.width.blockCount(channels: product.columns), (panelPiece + 1) * step)
      let start = rows.lowerBound * product.columns
      let target = output + start * ending.result.byteCount
      var tap = 0
      withUnsafePointer(to: &tap) { tap in
        var arguments = mrdl_integer_product(
          rows: 1, columns: rows.count, input: left + rows.lowerBound * product.paddedDepth,
          input_row_stride: 0, input_column_stride: product.paddedDepth, input_block_stride: lanes,
          channels: product.depth, taps: 1,
          tap_offsets: UnsafeRawPointer(tap).assumingMemoryBound(to: Int.self), weights: right,
          first_block: blocks.lowerBound, last_block: blocks.upperBound,
          output_channels: product.columns, output: target, output_row_stride: 0,
          output_column_stride: product.columns, output_block_stride: lanes,
          ending: ending.arguments(element: start))
        kernels.product(&arguments)
      }
      let first = blocks.lowerBound * lanes
      ending.finish(
        target + first * ending.result.byteCount, rows: rows.count, rowStride: product.columns,
        columns: min(product.columns, blocks.upperBound * lanes) - first)
    }
  }
}
