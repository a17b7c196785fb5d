package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// What AveragePool and MaxPool have in common: X [N, C, D1, …] with one to three spatial axes becomes
/// Y [N, C, …], one number for what each window sees.
package protocol PoolingOperator: Operator {
  var window: WindowAttributes { get }
  var kind: Pooling.Kind { get }
  /// The types of data that the operator takes.
  var scalarTypes: Set<ScalarType> { get }
}

extension PoolingOperator {
  public static var inputCount: ClosedRange<Int> { 1...1 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: scalarTypes)
    guard let input = try operands.shape(0, rank: 3...5) else {
      return [ValueFacts(data.scalarType, nil), ValueFacts(.int64, nil)]
        .dropLast(2 - Self.outputCount.upperBound)
    }
    guard let kernel = window.kernelShape else {
      throw operands.badAttribute("attribute \"kernel_shape\" is missing")
    }
    guard kernel.count == input.rank - 2 else {
      throw operands.badAttribute(
        "attribute \"kernel_shape\" does not fit the input", found: "\(kernel)",
        expected: Quantity.count(input.rank - 2, "number"))
    }
    let output = try window.output(Array(input.dimensions[2...]), kernel: kernel, operands)
    let shape = SymbolicShape([input[0], input[1]] + output)
    return [ValueFacts(data.scalarType, shape), ValueFacts(.int64, shape)]
      .dropLast(2 - Self.outputCount.upperBound)
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    let window = (window.kernelShape ?? []).reduce(1) { Cost.product($0, $1) }
    return Cost(
      otherOperations: Cost.product(outputs[0]?.concreteShape?.elementCount ?? 0, window))
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    return makePoolingKernel(request)
  }

  package var scalarTypes: Set<ScalarType> { .floats }

  /// The kernel for float32 or float64.
  package func makePoolingKernel(_ request: KernelRequest) -> any Kernel {
    let input = request.inputShape(0)
    let type = request.inputType(0)
    return PoolingKernel(
      pooling: Pooling(
        type, kind, planeCount: input[0] * input[1],
        window: window.window(
          input: Array(input.dimensions[2...]), kernel: window.kernelShape ?? [])))
  }
}

/// Runs a `Pooling`.
struct PoolingKernel: Kernel {
  let pooling: Pooling

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    pooling.run(input: input, output: output, threadLimit: arguments.threadLimit)
  }
}
