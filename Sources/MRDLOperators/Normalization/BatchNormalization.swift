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
    let shape = request.inputShape(0)
    let affine = ChannelAffine(
      request.inputType(0), batchCount: shape[0], channelCount: shape[1],
      volume: shape.dimensions[2...].reduce(1, *))
    switch request.inputType(0) {
    case .float32: return NormalizationKernel<Float>(affine: affine, epsilon: Float(epsilon))
    case .float64: return NormalizationKernel<Double>(affine: affine, epsilon: epsilon)
    case let type: throw request.unsupportedType(type)
    }
  }
}

/// Makes one scale and one shift for each channel, then applies them.
private struct NormalizationKernel<Scalar: TensorElement & BinaryFloatingPoint>: Kernel {
  let affine: ChannelAffine
  let epsilon: Scalar

  private var rowByteCount: Int { (affine.channelCount * MemoryLayout<Scalar>.size + 63) / 64 * 64 }

  var workspaceByteCount: Int { 2 * rowByteCount }

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty,
      let workspace = arguments.workspace.baseAddress
    else { return }
    let scales = workspace.assumingMemoryBound(to: Scalar.self)
    let shifts = (workspace + rowByteCount).assumingMemoryBound(to: Scalar.self)
    let scale = arguments.input(1, as: Scalar.self)
    let offset = arguments.input(2, as: Scalar.self)
    let mean = arguments.input(3, as: Scalar.self)
    let variance = arguments.input(4, as: Scalar.self)
    for channel in 0..<affine.channelCount {
      scales[channel] = scale[channel] / (variance[channel] + epsilon).squareRoot()
      shifts[channel] = offset[channel] - mean[channel] * scales[channel]
    }
    affine.run(
      input: input, scale: scales, shift: shifts, output: output,
      threadLimit: arguments.threadLimit)
  }
}
