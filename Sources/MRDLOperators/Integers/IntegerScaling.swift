internal import MRDLCore
package import MRDLNumerics

/// What a product of quantised numbers knows of its numbers beside the weights.
package struct IntegerScaling: Sendable {
  /// Scale and zero point of a result of u8.
  package struct Result: Sendable {
    package let scale: Float
    package let zero: Int

    package init(scale: Float, zero: Int) {
      self.scale = scale
      self.zero = zero
    }
  }

  /// The zero point of the input, in its type.
  package let zero: Int
  /// Whether the input is of i8.
  package let isSigned: Bool
  /// nil for a result of real numbers.
  package var result: Result?

  package init(zero: Int, isSigned: Bool) {
    self.zero = zero
    self.isSigned = isSigned
  }

  var inputType: ScalarType { isSigned ? .int8 : .uint8 }
  var resultType: ScalarType { result == nil ? .float32 : .uint8 }

  /// What makes u8 of a byte of the input by exclusive or, and the zero point after it.
  var flip: UInt8 { isSigned ? 128 : 0 }
  var flippedZero: Int { isSigned ? zero + 128 : zero }

  /// The arrays of a node.
  ///
  /// - Parameters:
  ///   - count: elements of the arrays.
  ///   - sums: of the weights of each output.
  ///   - bias: whole numbers that are added to the sums, or real ones that are added to the result; nil for
  ///     none.
  ///   - scale: the product of the scales of input and weights.
  ///   - activation: applied in the same pass.
  func arrays(
    count: Int, sums: [Int32], bias: Tensor?, scale: Tensor, activation: Activation
  ) -> IntegerArrays {
    let inverse = result.map { 1 / $0.scale } ?? 1
    var added = sums.map { 0 &- $0 &* Int32(flippedZero) }
    var offset: [Float] = []
    if let bias, bias.scalarType == .int32 {
      for (index, value) in bias.elements(as: Int32.self).enumerated() { added[index] &+= value }
    } else if let bias {
      offset = bias.elements(as: Float.self).map { $0 * inverse }
    }
    let scales = scale.elements(as: Float.self).map { value in
      result.map { value / $0.scale } ?? value
    }
    var scaled = activation
    if let result, let bounds = activation.bounds {
      let scale = Double(result.scale)
      scaled = .clip(low: bounds.low / scale, high: bounds.high / scale)
    }
    return IntegerArrays(
      result.map { .uint8(zero: Int32($0.zero)) } ?? .real, count: count, bias: added,
      scale: scales.count == 1 ? [Float](repeating: scales[0], count: sums.count) : scales,
      offset: offset, activation: scaled)
  }

  /// Whether an epilogue can stand before a result of u8.
  package static func canRound(after epilogue: Epilogue) -> Bool {
    !epilogue.addsResidual && !epilogue.activation.needsSecondPass
  }
}
