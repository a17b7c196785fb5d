public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX BatchNormalization in inference: Y = (X − mean) / √(var + epsilon) · scale + B, with one of each a
/// channel.
///
/// Inputs: X [N, C, …], scale [C], B [C], mean [C], var [C]. Output: Y. A node that asks for the running
/// averages of training (`training_mode`) is refused.
public struct BatchNormalization: Operator {
  public static let name = "BatchNormalization"
  public static let inputCount = 5...5

  package let epsilon: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    epsilon = try attributes.float("epsilon", default: 1e-5)
    _ = try attributes.float("momentum", default: 0.9)
    if try attributes.flag("training_mode") {
      throw attributes.wrongValue("training_mode", "1", "0: statistics are not gathered here")
    }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...4, among: .floats)
    guard let shape = try operands.shape(0, rank: 2...Limits.standard.rank) else {
      return [ValueFacts(type, nil)]
    }
    for index in 1...4 {
      try operands.checkVector(
        index, extent: shape[1], "input \(index) does not have one number for each channel")
    }
    return [ValueFacts(type, shape)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    Cost(multiplyAdds: outputs[0]?.concreteShape?.elementCount ?? 0)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
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
    (affine.channelCount * affine.scalarType.bitWidth / 8 + 63) / 64 * 64
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
