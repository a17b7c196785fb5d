package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// What GlobalAveragePool and GlobalMaxPool have in common: X [N, C, …] becomes Y [N, C, 1, …], one number
/// for each plane.
package protocol GlobalPooling: Operator {
  static var kind: Reduction.Kind { get }
}

extension GlobalPooling {
  public static var inputCount: ClosedRange<Int> { 1...1 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    guard let input = try operands.shape(0, rank: 2...Limits.standard.rank) else {
      return [ValueFacts(data.scalarType, nil)]
    }
    let spatial = input.dimensions[2...].map { _ in Dimension.fixed(1) }
    return [ValueFacts(data.scalarType, SymbolicShape([input[0], input[1]] + spatial))]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    Cost(otherOperations: inputs[0]?.concreteShape?.elementCount ?? 0)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let input = request.inputShape(0)
    return ReductionKernel(
      reduction: Reduction(
        type, Self.kind, outer: input[0] * input[1],
        length: input.dimensions[2...].reduce(1, *)))
  }
}

/// Runs a `Reduction`.
struct ReductionKernel: Kernel {
  let reduction: Reduction

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    reduction.run(input: input, output: output, threadLimit: arguments.threadLimit)
  }
}
