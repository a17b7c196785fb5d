public import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// ONNX MatMul: the product of two stacks of matrices, with the rules of NumPy's `matmul`.
///
/// Inputs: A […, M, K] and B […, K, N]; the axes before the last two are broadcast together. An input with
/// one axis is a row on the left and a column on the right, and the axis is left out of the output.
public struct MatMul: FusibleOperator {
  public static let name = "MatMul"
  public static let inputCount = 2...2

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...1, among: .arithmetic)
    guard let a = try operands.shape(0, rank: 1...Limits.standard.rank),
      let b = try operands.shape(1, rank: 1...Limits.standard.rank)
    else { return [ValueFacts(type, nil)] }
    _ = try operands.unify(
      a[a.rank - 1], b[max(0, b.rank - 2)],
      "the columns of A are not as many as the rows of B")
    let stack = try operands.broadcast(
      SymbolicShape(Array(a.dimensions.dropLast(2))),
      SymbolicShape(Array(b.dimensions.dropLast(2))))
    var dimensions = stack?.dimensions ?? []
    if a.rank > 1 { dimensions.append(a[a.rank - 2]) }
    if b.rank > 1 { dimensions.append(b[b.rank - 1]) }
    return [ValueFacts(type, SymbolicShape(dimensions))]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let a = inputs[0]?.concreteShape, let y = outputs[0]?.concreteShape, a.rank > 0 else {
      return Cost()
    }
    return Cost(multiplyAdds: Cost.product(y.elementCount, a[a.rank - 1]))
  }

  package static var takesColumnBias: Bool { true }

  package func makeKernel(
    _ request: KernelRequest, epilogue: Epilogue
  ) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let rows = request.inputShape(0).dimensions.dropLast().reduce(1, *)
    if let kernel = BFloat16GemmKernel(
      request, rows: rows, transposesB: false, epilogue: epilogue,
      biasInput: Self.columnBiasInput, residualInput: Self.residualInput)
    {
      return kernel
    }
    return MatMulKernel(type, request, epilogue)
  }
}

private struct MatMulKernel: Kernel {
  private let product: MatrixProduct
  private let packedRight: Storage?
  /// Where the matrices of each product begin, in bytes: left, right, output.
  private let offsets: [(left: Int, right: Int, output: Int)]

  init(_ type: ScalarType, _ request: KernelRequest, _ epilogue: Epilogue) {
    let (a, b) = (request.inputShape(0), request.inputShape(1))
    let depth = a[a.rank - 1]
    let rows = a.rank > 1 ? a[a.rank - 2] : 1
    let columns = b.rank > 1 ? b[b.rank - 1] : 1
    let width = type.elementByteCount ?? 1
    let left = Shape(Array(a.dimensions.dropLast(2)))
    let right = Shape(Array(b.dimensions.dropLast(2)))
    guard let stack = left.broadcast(with: right) else {
      preconditionFailure("a kernel for shapes that inference refuses")
    }
    let isShared = right.elementCount == 1
    if isShared && left == stack {
      // One right matrix for all: the stack on the left is one tall matrix.
      let allRows = stack.elementCount * rows
      (product, packedRight) = request.product(rightInput: 1) { isPacked in
        MatrixProduct(
          type, rows: allRows, columns: columns, depth: depth, epilogue: epilogue,
          rightIsPacked: isPacked, sharesRows: true)
      }
      offsets = [(0, 0, 0)]
      return
    }
    product = MatrixProduct(
      type, rows: rows, columns: columns, depth: depth, epilogue: epilogue)
    packedRight = nil
    let leftStrides = Self.strides(left, in: stack)
    let rightStrides = Self.strides(right, in: stack)
    let stackStrides = stack.strides
    offsets = (0..<stack.elementCount).map { index in
      var (leftIndex, rightIndex) = (0, 0)
      for axis in 0..<stack.rank {
        let position = index / stackStrides[axis] % max(stack[axis], 1)
        leftIndex += position * leftStrides[axis]
        rightIndex += position * rightStrides[axis]
      }
      return (
        leftIndex * rows * depth * width, rightIndex * depth * columns * width,
        index * rows * columns * width
      )
    }
  }

  /// Distances in matrices along each axis of the whole stack; 0 where one matrix serves all.
  private static func strides(_ part: Shape, in stack: Shape) -> [Int] {
    let missing = stack.rank - part.rank
    return (0..<stack.rank).map { axis in
      axis < missing || part[axis - missing] == 1 ? 0 : part.strides[axis - missing]
    }
  }

  var workspaceByteCount: Int { product.workspaceByteCount }

  var unreadInputs: [Int] { packedRight == nil ? [] : [1] }

  var inPlacePairs: [(input: Int, output: Int)] {
    product.epilogue.addsResidual && product.residualMayBeOutput
      ? [(MatMul.residualInput, 0)] : []
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    guard let left = arguments.inputBytes(0).baseAddress,
      let right = packedRight.map({ UnsafeRawPointer($0.base) })
        ?? arguments.inputBytes(1).baseAddress
    else { return }
    let bias =
      arguments.hasInput(MatMul.columnBiasInput)
      ? arguments.inputBytes(MatMul.columnBiasInput).baseAddress : nil
    let residual =
      product.epilogue.addsResidual
      ? arguments.inputBytes(MatMul.residualInput).baseAddress : nil
    for index in offsets.indices {
      let offset = offsets[index]
      product.run(
        left: left + offset.left, right: right + offset.right, output: output + offset.output,
        columnBias: bias, residual: residual.map { $0 + offset.output },
        workspace: arguments.workspace.baseAddress, threadLimit: arguments.threadLimit,
        startsFromEnd: arguments.startsFromEnd)
    }
  }
}
