public import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// ONNX Gemm: Y = alpha · A′ · B′ + beta · C, where ′ transposes a matrix if asked for. With A a batch of
/// rows and B the weights it is the dense layer of equation (3-5).
///
/// Inputs: A [M, K] (or [K, M] with `transA`), B [K, N] (or [N, K] with `transB`), and maybe C, which is
/// broadcast to [M, N].
public struct Gemm: FusibleOperator {
  public static let name = "Gemm"
  public static let inputCount = 2...3

  package let alpha: Double
  package let beta: Double
  package let transposesA: Bool
  package let transposesB: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    alpha = try attributes.float("alpha", default: 1)
    beta = try attributes.float("beta", default: 1)
    transposesA = try attributes.flag("transA")
    transposesB = try attributes.flag("transB")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...2, among: .arithmetic)
    let a = try operands.shape(0, rank: 2...2)
    let b = try operands.shape(1, rank: 2...2)
    if let a, let b {
      _ = try operands.unify(
        a[transposesA ? 0 : 1], b[transposesB ? 1 : 0],
        "the columns of A are not as many as the rows of B")
    }
    let output = SymbolicShape([
      a?[transposesA ? 1 : 0] ?? .unknown, b?[transposesB ? 0 : 1] ?? .unknown,
    ])
    if let c = operands.optional(2)?.shape {
      let common = try operands.broadcast(output, c)
      guard c.rank <= 2,
        zip(common?.dimensions ?? [], output.dimensions).allSatisfy({
          $0.value == $1.value || $1.value == nil
        })
      else {
        throw operands.shapeMismatch(
          "C cannot be broadcast to the product", found: "\(c)", expected: "\(output)")
      }
    }
    return [ValueFacts(type, output)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let a = inputs[0]?.concreteShape, let y = outputs[0]?.concreteShape else {
      return Cost()
    }
    return Cost(
      multiplyAdds: Cost.product(y.elementCount, a[transposesA ? 0 : 1]),
      otherOperations: inputs.count > 2 && inputs[2] != nil ? y.elementCount : 0)
  }

  package func makeKernel(
    _ request: KernelRequest, epilogue: Epilogue
  ) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    if takesColumnBias(request), !transposesA, alpha == 1,
      let kernel = BFloat16GemmKernel(
        request, rows: request.inputShape(0)[0], transposesB: transposesB, epilogue: epilogue,
        biasInput: 2, residualInput: Self.residualInput)
    {
      return kernel
    }
    return GemmKernel(self, type, request, epilogue)
  }

  /// Whether C is left out, or a number for each column.
  private func takesColumnBias(_ request: KernelRequest) -> Bool {
    guard request.hasInput(2) else { return true }
    let (c, columns) = (request.inputShape(2), request.outputShape()[1])
    return beta == 1 && c.rank > 0 && c.elementCount == columns && c[c.rank - 1] == columns
  }
}
