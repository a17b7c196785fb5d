internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// An operator with what follows it: activation(operator(inputs) + bias + residual).
///
/// Its inputs are those of the operator, those left out
/// included, then the residual, which has the shape of the result, then the bias.
struct FusedOperator: ProgramOperator {
  static let name = "Fused"
  static let domain = "mrdl.program"
  static let inputCount = 1...16

  let base: any FusibleOperator
  var epilogue: Epilogue

  init(_ base: any FusibleOperator, _ epilogue: Epilogue) {
    self.base = base
    self.epilogue = epilogue
  }

  private var residualInput: Int { type(of: base).residualInput }

  /// The inputs of the operator alone.
  private func baseInputs(_ inputs: [ValueFacts?]) -> [ValueFacts?] {
    let own = inputs.prefix(residualInput)
    return Array(own.prefix((own.lastIndex { $0 != nil } ?? -1) + 1))
  }

  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let results = try base.infer(
      Operands(
        baseInputs(operands.facts), outputCount: operands.outputCount, place: operands.place))
    guard epilogue.addsResidual, let residual = try operands.required(residualInput).concreteShape,
      let result = results.first?.concreteShape
    else { return results }
    guard residual == result else {
      throw operands.shapeMismatch(
        "a residual has another shape than what it is added to", found: "\(residual)",
        expected: "\(result)")
    }
    return results
  }

  func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    let count = outputs[0]?.concreteShape?.elementCount ?? 0
    let hasBias = inputs.count > type(of: base).columnBiasInput
    let followers = (hasBias ? 1 : 0) + epilogue.operationCount
    return base.cost(inputs: baseInputs(inputs), outputs: outputs)
      + Cost(otherOperations: followers * count)
  }

  func blocked(_ request: BlockingRequest) -> BlockedForm? {
    let bias = type(of: base).columnBiasInput
    guard request.hasInput.count <= bias || !request.hasInput[bias],
      let form = base.blocked(request.prefix(residualInput)), let op = form.op.asFusible
    else { return nil }
    var layouts = form.inputLayouts
    while layouts.count < request.hasInput.count { layouts.append(.unchanged) }
    if epilogue.addsResidual { layouts[residualInput] = .blocked(channels: form.channels) }
    return BlockedForm(FusedOperator(op, epilogue), layouts, channels: form.channels)
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try base.makeKernel(request, epilogue: epilogue)
  }
}

extension Operator {
  /// The operator without what was fused into it.
  var unfused: any Operator { (self as? FusedOperator)?.base ?? self }
}
