internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators

/// A recurrent layer in training: that of ONNX with one more output, the trace of its walk, so that the way
/// back need not walk forward again.
///
/// Inputs and attributes are those of the layer. Outputs: Y, the last state, the last cell of LSTM, and the
/// trace, as `RecurrentTrace` has it, direction after direction.
protocol TrainingRecurrent: Operator {
  associatedtype Layer: RecurrentOperator
  var layer: Layer { get }
}

extension TrainingRecurrent {
  public static var domain: String { OperatorSet.mrdlDomain }
  public static var inputCount: ClosedRange<Int> { Layer.inputCount }
  public static var outputCount: ClosedRange<Int> { 4...4 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    var facts = try layer.infer(
      Operands(operands.facts, outputCount: RecurrentTrace.output, place: operands.place))
    let type = try operands.required(0, of: .realNumbers).scalarType
    while facts.count < RecurrentTrace.output { facts.append(ValueFacts(type, Shape([0]))) }
    guard let x = try operands.shape(0, rank: 3...3)?.shape,
      let hiddenSize = try operands.shape(2, rank: 3...3)?[2].value
    else { return facts + [ValueFacts(type, SymbolicShape([.unknown]))] }
    let layout = Recurrence.Layout(layer.options, x: x, hiddenSize: hiddenSize)
    let count = RecurrentTrace(layer.cell, layout).count * layout.directionCount
    return facts + [ValueFacts(type, Shape([count]))]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    layer.cost(inputs: inputs, outputs: outputs)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try request.real(
      float32: RecurrentTrainingKernel<Float>(layer, request),
      float64: RecurrentTrainingKernel<Double>(layer, request))
  }
}
