internal import MRDLCore
internal import MRDLNumerics

extension KernelRequest {
  /// The only zero point of a constant input of eight bits, 0 where the input is left out; nil where there
  /// are several or it is not constant.
  func zeroPoint(_ index: Int) -> Int? {
    guard hasInput(index) else { return 0 }
    guard let tensor = constant(index), tensor.elementCount == 1 else { return nil }
    return tensor.withUnsafeBytes { bytes in
      tensor.scalarType == .int8 ? Int(Int8(bitPattern: bytes[0])) : Int(bytes[0])
    }
  }

  /// The numbers of a constant input of float32.
  func factors(_ index: Int) -> [Float]? {
    guard let tensor = constant(index), tensor.scalarType == .float32 else { return nil }
    return tensor.elements(as: Float.self)
  }

  /// Constant weights whose zero points are neutral.
  func integerWeights(_ index: Int, zeros: Int) -> IntegerWeights? {
    guard let weights = constant(index), weights.elementCount > 0,
      !hasInput(zeros) || constant(zeros) != nil
    else { return nil }
    return IntegerWeights(weights, zeros: constant(zeros))
  }

  /// What sums become in QLinearConv and QLinearMatMul: i8 or u8, with a factor for each output.
  ///
  /// - Parameters:
  ///   - left, right, output: the inputs with scales; that of the result is followed by its zero point.
  /// - Returns: nil where one of them is not constant, or the scale of the left side or of the result is not
  ///   single.
  func requantization(
    left: Int, right: Int, output: Int, outputs: Int
  ) -> (result: IntegerResult, scale: [Float])? {
    guard let x = factors(left), let w = factors(right), let y = factors(output), x.count == 1,
      y.count == 1, w.count == 1 || w.count == outputs, let zero = zeroPoint(output + 1)
    else { return nil }
    let isSigned = self.outputs[0]?.scalarType == .int8
    return (
      isSigned ? .int8(zero: Int32(zero)) : .uint8(zero: Int32(zero)),
      (0..<outputs).map { x[0] * w[w.count == 1 ? 0 : $0] / y[0] }
    )
  }
}

extension IntegerConvKernel {
  /// The kernel of ConvInteger or QLinearConv with constant weights of four axes and constant zero points
  /// and scales; nil where something else is needed.
  ///
  /// - Parameters:
  ///   - inputs: where zero points, scales and biases stand.
  init?(_ conv: Conv, _ request: KernelRequest, _ inputs: IntegerProductKernel.Inputs) {
    guard let weights = request.integerWeights(inputs.right, zeros: inputs.rightZero),
      weights.tensor.shape.rank == 4,
      BlockedConvolution.supports(
        inputChannels: weights.tensor.shape[1] * conv.group,
        outputChannels: weights.tensor.shape[0], groupCount: conv.group),
      let zero = request.zeroPoint(inputs.leftZero)
    else { return nil }
    let outputs = weights.tensor.shape[0]
    let isSigned = request.inputType(0) == .int8
    let flipped = isSigned ? zero + 128 : zero
    var ending: (result: IntegerResult, scale: [Float]) = (.sum, [])
    if let scales = inputs.requantization {
      guard
        let found = request.requantization(
          left: scales.left, right: scales.right, output: scales.output, outputs: outputs)
      else { return nil }
      ending = found
    }
    var bias = [Int32](repeating: 0, count: outputs)
    if let index = inputs.bias, request.hasInput(index) {
      guard let constant = request.constant(index) else { return nil }
      bias = constant.elements(as: Int32.self)
    }
    self.init(
      conv, input: request.inputShape(0), weights: weights, width: nil,
      inputFlip: isSigned ? 128 : 0, padding: UInt8(flipped), request: request, epilogue: .none,
      resultByteCount: ending.result.byteCount
    ) { count, sums in
      IntegerArrays(
        ending.result, count: count,
        bias: zip(bias, sums).map { $0 &- $1 &* Int32(flipped) }, scale: ending.scale)
    }
  }
}
