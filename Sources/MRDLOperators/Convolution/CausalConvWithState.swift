public import MRDLCore
internal import MRDLModel

/// ONNX CausalConvWithState: a depthwise convolution over the last axis that sees earlier positions only.
///
/// Inputs: X [N, C, L], weight [C, 1, k], maybe a bias [C] and past_state [N, C, k − 1], the positions before
/// the first, zeros unless given. Outputs: Y [N, C, L] and the last k − 1 positions. `activation` is none,
/// silu or swish.
public struct CausalConvWithState: Operator {
  public static let name = "CausalConvWithState"
  public static let inputCount = 2...4
  public static let outputCount = 1...2

  enum Activation: String, CaseIterable, Sendable {
    case none
    case silu
    case swish
  }

  private let activation: Activation

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    activation = try attributes.choice("activation", default: .none)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...3, among: .floats)
    guard let x = try operands.shape(0, rank: 3...3), let w = try operands.shape(1, rank: 3...3)
    else { return [ValueFacts(type, nil), ValueFacts(type, nil)] }
    _ = try operands.unify(x[1], w[0], "the weights are not as many as the channels")
    _ = try operands.unify(w[1], 1, "the weights are not those of single channels")
    let length: Dimension = w[2].value.map { .fixed(max($0 - 1, 0)) } ?? .unknown
    if let past = try operands.optional(3) == nil ? nil : operands.shape(3, rank: 3...3) {
      _ = try operands.unify(
        past[2], length, "the state has another length than the window less one")
    }
    return [ValueFacts(type, x), ValueFacts(type, [x[0], x[1], length])]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let x = inputs[0]?.concreteShape, let w = inputs[1]?.concreteShape else { return Cost() }
    return Cost(multiplyAdds: Cost.product(x.elementCount, w[2]))
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    return CausalConvKernel(
      type: type, batch: shape[0], channels: shape[1], length: shape[2],
      window: request.inputShape(1)[2], isActivated: activation != .none)
  }
}

private struct CausalConvKernel: Kernel {
  let type: ScalarType
  let batch: Int
  let channels: Int
  let length: Int
  let window: Int
  let isActivated: Bool

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    if type == .float32 {
      run(arguments, Float.self)
    } else {
      run(arguments, Double.self)
    }
  }

  private func run<Scalar: BinaryFloatingPoint & TensorElement>(
    _ arguments: borrowing KernelArguments, _ scalar: Scalar.Type
  ) {
    let x = arguments.input(0, as: scalar)
    let w = arguments.input(1, as: scalar)
    let y = arguments.output(0, as: scalar)
    let rest = max(window - 1, 0)
    for line in 0..<(batch * channels) {
      let channel = line % channels
      /// What stands at a position, counted from the first of the input; earlier ones are the state.
      func at(_ position: Int) -> Scalar {
        if position >= 0 { return x[line * length + position] }
        return arguments.hasInput(3)
          ? arguments.input(3, as: scalar)[line * rest + rest + position] : 0
      }
      let bias = arguments.hasInput(2) ? arguments.input(2, as: scalar)[channel] : 0
      for position in 0..<length {
        var sum = Double(bias)
        for tap in 0..<window {
          sum += Double(w[channel * window + tap]) * Double(at(position - rest + tap))
        }
        y[line * length + position] = Scalar(
          isActivated ? sum / (1 + exponential(-sum)) : sum)
      }
      if arguments.hasOutput(1) {
        let state = arguments.output(1, as: scalar)
        for index in 0..<rest { state[line * rest + index] = at(length - rest + index) }
      }
    }
  }
}
