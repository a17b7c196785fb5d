internal import CMRDLKernels

/// What becomes of a sum of products of whole numbers of eight bits.
package enum IntegerResult: Sendable, Hashable {
  /// The sum, as i32.
  case sum
  /// (sum + bias) · scale + …, as f32.
  case real
  /// The same rounded to the nearest whole number, plus a zero point, within u8.
  case uint8(zero: Int32)
  /// The same within i8.
  case int8(zero: Int32)

  /// Bytes of an element.
  package var byteCount: Int {
    switch self {
    case .sum, .real: 4
    case .uint8, .int8: 1
    }
  }

  fileprivate var code: (result: mrdl_integer_result, zero: Int32) {
    switch self {
    case .sum: (MRDL_INTEGER_SUM, 0)
    case .real: (MRDL_INTEGER_REAL, 0)
    case .uint8(let zero): (MRDL_INTEGER_U8, zero)
    case .int8(let zero): (MRDL_INTEGER_I8, zero)
    }
  }
}

/// How sums of products of whole numbers of eight bits become results:
/// activation((sum + bias) · scale + offset + residual).
///
/// Arrays have an element for each output channel, filled up to whole blocks.
package struct IntegerEnding {
  package let result: IntegerResult
  package let bias: UnsafePointer<Int32>
  /// nil for sums alone.
  package let scale: UnsafePointer<Float>?
  package let offset: UnsafePointer<Float>?
  /// Lies like the output, which it may be; for real numbers only.
  package let residual: UnsafePointer<Float>?
  /// For results of eight bits one that only clamps, in units of them before the zero point is added.
  package let activation: Activation

  package init(
    _ result: IntegerResult, bias: UnsafePointer<Int32>, scale: UnsafePointer<Float>? = nil,
    offset: UnsafePointer<Float>? = nil, residual: UnsafePointer<Float>? = nil,
    activation: Activation = .none
  ) {
    precondition(
      result == .real || !activation.needsSecondPass && residual == nil,
      "an ending that only real numbers have")
    self.result = result
    self.bias = bias
    self.scale = scale
    self.offset = offset
    self.residual = residual
    self.activation = activation
  }

  /// The ending as the kernels take it, with its arrays and its residual from some elements on.
  func arguments(channel: Int = 0, element: Int = 0) -> mrdl_integer_ending {
    let (result, zero) = result.code
    let bounds = activation.bounds
    return mrdl_integer_ending(
      result: result, bias: bias + channel, scale: scale.map { $0 + channel },
      offset: offset.map { $0 + channel }, residual: residual.map { $0 + element },
      clamp: bounds == nil ? 0 : 1, low: Float(bounds?.low ?? 0), high: Float(bounds?.high ?? 0),
      zero: zero)
  }

  /// Applies an activation that the kernels cannot while they store.
  ///
  /// - Parameter output: element 0 of the first row.
  func finish(_ output: UnsafeMutableRawPointer, rows: Int, rowStride: Int, columns: Int) {
    guard activation.needsSecondPass else { return }
    Float.finish(
      rows: rows, columns: columns, output.assumingMemoryBound(to: Float.self),
      rowStride: rowStride, rowBias: nil, columnBias: nil, residual: nil, activation)
  }
}
