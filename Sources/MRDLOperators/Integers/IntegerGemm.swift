package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// DequantizeLinear before Gemm or MatMul, and maybe QuantizeLinear behind it, computed in whole numbers.
///
/// Inputs: A of eight bits […, K]; constant B of eight bits, [K, N] or its transpose; maybe a constant bias,
/// i32 that is added to the sums or f32 that is added to the result; and the products of the scales of A and
/// B, one or N of them.
package struct IntegerGemm: FusibleOperator, ProgramOperator {
  package static let name = "Gemm"
  package static let domain = "mrdl.integer"
  package static let inputCount = 4...4

  let transposesB: Bool
  let weightZeros: Tensor?
  package var scaling: IntegerScaling

  /// - Parameter weightZeros: zero points of the weights.
  package init(transposesB: Bool, weightZeros: Tensor?, scaling: IntegerScaling) {
    self.transposesB = transposesB
    self.weightZeros = weightZeros
    self.scaling = scaling
  }

  /// Whether weights can be computed with: a matrix without a zero point that would have to be subtracted.
  package static func supports(weights: Tensor, zeros: Tensor?) -> Bool {
    weights.shape.rank == 2 && weights.elementCount > 0
      && IntegerWeights(weights, zeros: zeros) != nil
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    _ = try operands.required(0, of: [scaling.inputType])
    guard let weights = try operands.required(1).concreteShape,
      let input = try operands.shape(0, rank: 1...Limits.standard.rank)
    else { return [ValueFacts(scaling.resultType, nil)] }
    _ = try operands.unify(
      input[input.rank - 1], .fixed(weights[transposesB ? 1 : 0]),
      "the columns of A are not as many as the rows of B")
    return [
      ValueFacts(
        scaling.resultType,
        SymbolicShape(Array(input.dimensions.dropLast()) + [.fixed(weights[transposesB ? 0 : 1])]))
    ]
  }

  package func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let a = inputs[0]?.concreteShape, let y = outputs[0]?.concreteShape, a.rank > 0 else {
      return Cost()
    }
    return Cost(multiplyAdds: Cost.product(y.elementCount, a[a.rank - 1]))
  }

  package func makeKernel(
    _ request: KernelRequest, epilogue: Epilogue
  ) throws(MRDLError) -> any Kernel {
    guard let weights = request.inputs[1]?.constant,
      let integers = IntegerWeights(weights, zeros: weightZeros),
      let scale = request.inputs[3]?.constant
    else {
      throw MRDLError(.dataDependentShape, "the weights are not constant", at: request.place)
    }
    return IntegerGemmKernel(
      input: request.inputShape(0), weights: integers, transposesB: transposesB,
      inputFlip: scaling.flip, request: request, epilogue: epilogue
    ) { count, sums in
      scaling.arrays(
        count: count, sums: sums,
        bias: request.constant(2), scale: scale,
        activation: epilogue.activation)
    }
  }
}

/// A product of whole numbers of eight bits with a constant matrix.
struct IntegerGemmKernel: Kernel {
  private let product: IntegerProduct
  private let right: Storage
  private let arrays: IntegerArrays
  private let inputFlip: UInt8
  private let epilogue: Epilogue

  /// - Parameters:
  ///   - input: […, K].
  ///   - inputFlip: what makes u8 of the input by exclusive or.
  ///   - epilogue: what follows the sums; its activation is a part of the arrays.
  ///   - makeArrays: given the elements of an array and the sums of the weights of each column.
  init(
    input: Shape, weights: IntegerWeights, transposesB: Bool, inputFlip: UInt8,
    request: KernelRequest, epilogue: Epilogue,
    makeArrays: (_ count: Int, _ sums: [Int32]) -> IntegerArrays
  ) {
    let shape = weights.tensor.shape
    let (depth, columns) = transposesB ? (shape[1], shape[0]) : (shape[0], shape[1])
    let rowStride = transposesB ? 1 : columns
    let columnStride = transposesB ? depth : 1
    let product = IntegerProduct(
      rows: input.dimensions.dropLast().reduce(1, *), columns: columns, depth: depth)
    self.product = product
    right = request.packedConstants.bytes(
      of: weights.tensor,
      layout: product.packedRightLayout(
        rowStride: rowStride, columnStride: columnStride, flip: weights.flip),
      byteCount: product.packedRightByteCount
    ) {
      product.packRight(
        $0, rowStride: rowStride, columnStride: columnStride, flip: weights.flip, into: $1)
    }
    arrays = makeArrays(
      product.paddedColumns,
      weights.sums(
        outputs: columns, outputStride: columnStride, depth: depth, depthStride: rowStride))
    self.inputFlip = inputFlip
    self.epilogue = epilogue
  }

  var workspaceByteCount: Int { product.workspaceByteCount(leftFlip: inputFlip) }

  var method: String? { "integers, \(product.kernelName)" }

  var inPlacePairs: [(input: Int, output: Int)] {
    epilogue.addsResidual ? [(IntegerGemm.residualInput, 0)] : []
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let left = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    product.run(
      left: left, leftFlip: inputFlip, right: right.base,
      ending: arrays.ending(
        residual: epilogue.addsResidual
          ? arguments.inputBytes(IntegerGemm.residualInput).baseAddress : nil), output: output,
      workspace: arguments.workspace.baseAddress, threadLimit: arguments.threadLimit)
  }
}
