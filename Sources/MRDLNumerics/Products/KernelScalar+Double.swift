package import CMRDLKernels

extension Double: KernelScalar {
  private static var table: UnsafePointer<mrdl_f64_kernels> { mrdl_kernels_current().pointee.f64 }

  package static var tileRows: Int { table.pointee.gemm_rows }
  package static var tileColumns: Int { table.pointee.gemm_columns }

  package static func multiply(_ block: borrowing ProductBlock<Double>) {
    var arguments = mrdl_f64_gemm_block(
      rows: block.rows, first_panel: block.panels.lowerBound, last_panel: block.panels.upperBound,
      columns: block.columns, depth: block.depth, a: block.left, b: block.right,
      b_panel_stride: block.rightPanelStride, b_row_stride: block.rightRowStride,
      fetch_b: block.fetchesRight ? 1 : 0, c: block.output,
      c_row_stride: block.outputRowStride, accumulate: block.accumulates ? 1 : 0,
      row_bias: block.rowBias, column_bias: block.columnBias, residual: block.residual,
      clamp: block.bounds == nil ? 0 : 1,
      low: Double(block.bounds?.low ?? 0), high: Double(block.bounds?.high ?? 0))
    table.pointee.gemm_block(&arguments)
  }

  package static func packLeft(
    rows: Int, panels: Range<Int>, depth: Int, alpha: Double, _ matrix: UnsafePointer<Double>,
    rowStride: Int, columnStride: Int, into packed: UnsafeMutablePointer<Double>
  ) {
    table.pointee.pack_a(
      rows, panels.lowerBound, panels.upperBound, depth, alpha, matrix, rowStride, columnStride,
      packed)
  }

  package static func packRight(
    depth: Int, columns: Int, _ matrix: UnsafePointer<Double>, rowStride: Int, columnStride: Int,
    into packed: UnsafeMutablePointer<Double>
  ) {
    table.pointee.pack_b(depth, columns, matrix, rowStride, columnStride, packed)
  }

  package static func packPatches(
    _ window: mrdl_window, _ input: UnsafePointer<Double>, rows: Range<Int>, columns: Range<Int>,
    into packed: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: window) {
      table.pointee.pack_patches(
        $0, input, rows.lowerBound, rows.count, columns.lowerBound, columns.count, packed)
    }
  }

  package static func multiplyShifted(
    rows: Int, panels: Range<Int>, columns: Int, depth: Int, left: UnsafePointer<Double>,
    right: UnsafePointer<Double>, offsets: UnsafePointer<Int>,
    output: UnsafeMutablePointer<Double>, outputRowStride: Int, rowBias: UnsafePointer<Double>?,
    bounds: (low: Double, high: Double)?
  ) {
    let kernel = table.pointee.shifted_product
    guard let bounds else {
      kernel(
        rows, panels.lowerBound, panels.upperBound, columns, depth, left, right, offsets, output,
        outputRowStride, rowBias, nil)
      return
    }
    withUnsafeBytes(of: (Double(bounds.low), Double(bounds.high))) {
      kernel(
        rows, panels.lowerBound, panels.upperBound, columns, depth, left, right, offsets, output,
        outputRowStride, rowBias, $0.assumingMemoryBound(to: Double.self).baseAddress)
    }
  }

  package static func convolveRows(_ rows: borrowing ConvolutionRows<Double>) {
    var arguments = mrdl_f64_row_convolution(
      channels: rows.channels, rows: rows.rows, columns: rows.columns, depth: rows.depth,
      offsets: rows.offsets, input: rows.input, input_row_stride: rows.inputRowStride,
      weights: rows.weights, output: rows.output, output_row_stride: rows.outputRowStride,
      output_plane_stride: rows.outputPlaneStride, bias: rows.bias,
      clamp: rows.bounds == nil ? 0 : 1,
      low: Double(rows.bounds?.low ?? 0), high: Double(rows.bounds?.high ?? 0))
    table.pointee.convolve_rows(&arguments)
  }

  package static func copyRows(
    _ rows: Int, columns: Int, from source: UnsafePointer<Double>, rowStride: Int,
    to target: UnsafeMutablePointer<Double>, rowStride targetStride: Int
  ) {
    table.pointee.copy_rows(rows, columns, source, rowStride, target, targetStride)
  }

  package static func multiplyRows(
    rows: Int, columns: Int, _ matrix: UnsafePointer<Double>, rowStride: Int,
    _ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, accumulates: Bool
  ) {
    table.pointee.gemv_rows(rows, columns, matrix, rowStride, x, y, accumulates ? 1 : 0)
  }

  package static func multiplyColumns(
    rows: Int, columns: Int, _ matrix: UnsafePointer<Double>, rowStride: Int,
    _ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, accumulates: Bool
  ) {
    table.pointee.gemv_columns(rows, columns, matrix, rowStride, x, y, accumulates ? 1 : 0)
  }

  package static func finish(
    rows: Int, columns: Int, _ output: UnsafeMutablePointer<Double>, rowStride: Int,
    rowBias: UnsafePointer<Double>?, columnBias: UnsafePointer<Double>?,
    residual: UnsafePointer<Double>?,
    _ activation: Activation
  ) {
    let (kind, alpha, beta) = activation.code
    table.pointee.epilogue(
      rows, columns, output, rowStride, rowBias, columnBias, residual, kind, Double(alpha),
      Double(beta))
  }

  package static func convolveDepthwise(
    _ window: mrdl_window, planes: Int, _ input: UnsafePointer<Double>,
    weights: UnsafePointer<Double>, bias: UnsafePointer<Double>?,
    into output: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: window) {
      table.pointee.depthwise($0, planes, input, weights, bias, output)
    }
  }

  package static func normalizeExponentials(
    rows: Int, columns: Int, _ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>,
    isLogarithmic: Bool
  ) {
    if isLogarithmic {
      table.pointee.log_softmax(rows, columns, x, y)
    } else {
      table.pointee.softmax(rows, columns, x, y)
    }
  }

  package static func reduce(
    _ kind: Reduction.Kind, count: Int, _ x: UnsafePointer<Double>
  ) -> Double {
    switch kind {
    case .sum: Double(table.pointee.sum(count, x))
    case .mean: Double(table.pointee.sum(count, x) / Double(count))
    case .maximum: table.pointee.largest(count, x)
    case .minimum: table.pointee.smallest(count, x)
    case .sumOfSquares: Double(table.pointee.sum_of_squares(count, x))
    }
  }

  package static func accumulate(
    _ kind: Reduction.Kind, count: Int, _ x: UnsafePointer<Double>,
    into y: UnsafeMutablePointer<Double>
  ) {
    switch kind {
    case .sum, .mean: table.pointee.add(count, y, x, y)
    case .maximum: table.pointee.maximum(count, y, x, y)
    case .minimum: table.pointee.minimum(count, y, x, y)
    case .sumOfSquares: for i in 0..<count { y[i] += x[i] * x[i] }
    }
  }
}
