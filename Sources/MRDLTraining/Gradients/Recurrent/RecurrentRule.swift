internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// What the rules of RNN, GRU and LSTM have in common: one node that walks back through all steps.
protocol RecurrentRule: GradientRule {
  static var gradient: any Operator.Type { get }
  /// Whether the node has its trace as an output.
  static var keepsTrace: Bool { get }
}

extension RecurrentRule {
  static var keepsTrace: Bool { false }

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let inputs = step.inputNames + [String](repeating: "", count: 8 - step.inputNames.count)
    if step.needs(4) { throw step.refusal("the lengths of sequences have no derivative") }
    let residuals = (0..<3).map { step.outputResidual($0) ?? "" }
    let wanted = (0..<8).map { step.needs($0) }
    let trace = keepsTrace ? [step.outputNames[RecurrentTrace.output]] : []
    let results = step.add(
      gradient, inputs + residuals + trace, step.attributes, outputs: wanted)
    for (input, name) in results.enumerated() where !name.isEmpty {
      step.setResidual(of: input, to: name)
    }
  }
}

/// The residuals of the inputs of a recurrent layer.
///
/// Inputs: the eight of LSTM, those that the layer lacks left out, then the residuals of Y, Y_h and Y_c, as
/// far as the loss depends on them, and maybe the trace of the walk forward; states and gates are computed again
/// where it is missing. Outputs: the residuals of the eight inputs; that of the lengths is never made.
///
/// With the attribute `truncation` k, residuals do not pass from a step whose number is a multiple of k to the
/// states before it (Williams and Peng, 1990): the derivatives are those of blocks of k steps, each of which
/// takes the last states of the block before it as constants.
protocol RecurrentGradient: Operator {
  associatedtype Layer: RecurrentOperator
  var layer: Layer { get }
  /// Steps of a block, nil where residuals pass through all steps.
  var truncation: Int? { get }
}

extension AttributeReader {
  /// Over how many steps residuals pass, nil for all.
  mutating func truncation() throws(MRDLError) -> Int? {
    guard let steps = try integer("truncation") else { return nil }
    guard steps > 0 else { throw wrongValue("truncation", "\(steps)", "1 or more") }
    return steps
  }
}

extension RecurrentGradient {
  public static var domain: String { OperatorSet.mrdlDomain }
  public static var inputCount: ClosedRange<Int> { 11...12 }
  public static var outputCount: ClosedRange<Int> { 1...8 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    _ = try layer.infer(
      Operands(Array(operands.facts.prefix(8)), outputCount: 3, place: operands.place))
    try operands.sameType([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11], among: .realNumbers)
    let type = try operands.required(0).scalarType
    return (0..<min(8, operands.outputCount)).map { index in
      operands.optional(index)?.withoutContent ?? ValueFacts(type, Shape([0]))
    }
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    let forward = layer.cost(inputs: Array(inputs.prefix(8)), outputs: outputs)
    return forward + forward + forward
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try request.real(
      float32: RecurrentGradientKernel<Float>(layer, truncation, request),
      float64: RecurrentGradientKernel<Double>(layer, truncation, request))
  }
}
