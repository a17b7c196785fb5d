public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX BatchNormalization: Y = (X − mean) / √(var + epsilon) · scale + B, with one of each a
/// channel.
///
/// Inputs: X [N, C, …], scale [C], B [C], mean [C], var [C]. Output: Y. With `training_mode` mean and variance
/// are those of the batch, and the outputs after Y are the inputs mean and var with `momentum` and those of the
/// batch with the rest.
public struct BatchNormalization: Operator {
  public static let name = "BatchNormalization"
  public static let inputCount = 5...5
  public static let outputCount = 1...3

  package let epsilon: Double
  /// Whether the statistics are those of the batch; such a node can be folded into nothing.
  package let isTraining: Bool
  private let momentum: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    epsilon = try attributes.float("epsilon", default: 1e-5)
    momentum = try attributes.float("momentum", default: 0.9)
    isTraining = try attributes.flag("training_mode")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...4, among: .floats)
    guard isTraining || operands.outputCount == 1 else {
      throw operands.badAttribute(
        "running averages are outputs only while training", expected: "\"training_mode\" 1")
    }
    let averages = (1..<operands.outputCount).map { index in
      ValueFacts(type, operands.optional(index + 2)?.shape)
    }
    guard let shape = try operands.shape(0, rank: 2...Limits.standard.rank) else {
      return [ValueFacts(type, nil)] + averages
    }
    for index in 1...4 {
      try operands.checkVector(
        index, extent: shape[1], "input \(index) does not have one number for each channel")
    }
    return [ValueFacts(type, shape)] + averages
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    Cost(multiplyAdds: outputs[0]?.concreteShape?.elementCount ?? 0)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    if isTraining {
      return BatchStatisticsKernel(
        type: type, batch: shape[0], channels: shape[1],
        volume: shape.dimensions[2...].reduce(1, *), epsilon: epsilon, momentum: momentum)
    }
    return NormalizationKernel(
      affine: ChannelAffine(
        type, batchCount: shape[0], channelCount: shape[1],
        volume: shape.dimensions[2...].reduce(1, *)), epsilon: epsilon)
  }
}

/// Makes one scale and one shift for each channel, then applies them.
private struct NormalizationKernel: Kernel {
  let affine: ChannelAffine
  let epsilon: Double

  private var rowByteCount: Int {
    (affine.channelCount * affine.scalarType.bitWidth / 8).roundedUp(toMultipleOf: 64)
  }

  var workspaceByteCount: Int { 2 * rowByteCount }

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    if affine.scalarType == .float32 {
      run(arguments, Float.self)
    } else {
      run(arguments, Double.self)
    }
  }

  // Not a generic kernel: behind `any Kernel` its loops would not be specialised.
  private func run<Scalar: TensorElement & BinaryFloatingPoint>(
    _ arguments: borrowing KernelArguments, _ type: Scalar.Type
  ) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty,
      let workspace = arguments.workspace.baseAddress
    else { return }
    let scales = workspace.assumingMemoryBound(to: type)
    let shifts = (workspace + rowByteCount).assumingMemoryBound(to: type)
    let scale = arguments.input(1, as: type)
    let offset = arguments.input(2, as: type)
    let mean = arguments.input(3, as: type)
    let variance = arguments.input(4, as: type)
    for channel in 0..<affine.channelCount {
      scales[channel] = scale[channel] / (variance[channel] + Scalar(epsilon)).squareRoot()
      shifts[channel] = offset[channel] - mean[channel] * scales[channel]
    }
    affine.run(
      input: input, scale: scales, shift: shifts, output: output,
      threadLimit: arguments.threadLimit)
  }
}
