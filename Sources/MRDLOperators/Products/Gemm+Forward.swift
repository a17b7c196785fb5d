internal import MRDLCore
internal import MRDLNumerics

/// C is laid down first where it is more than one number a column; the product is then added.
struct GemmKernel: Kernel {
  private enum Addend {
    case none
    /// One number a column, added as the product ends.
    case columnBias
    /// Spread over the output before the product: beta · C.
    case spread(Broadcasting, scale: Double)
  }

  private let product: MatrixProduct
  private let addend: Addend
  private let packedRight: Storage?
  /// Adds the residual where C is laid down first.
  private let residualSum: Broadcasting?
  private let scalarType: ScalarType
  private let outputCount: Int

  init(_ gemm: Gemm, _ type: ScalarType, _ request: KernelRequest, _ epilogue: Epilogue) {
    let a = request.inputShape(0)
    let y = request.outputShape()
    let (rows, columns) = (y[0], y[1])
    let depth = a[gemm.transposesA ? 0 : 1]
    scalarType = type
    outputCount = rows * columns
    let c = request.inputs.count > 2 ? request.inputs[2]?.concreteShape : nil
    let isColumn = c.map {
      $0.elementCount == columns && ($0.rank == 0 || $0[$0.rank - 1] == columns)
    }
    if c == nil || gemm.beta == 0 {
      addend = .none
    } else if isColumn == true && gemm.beta == 1 && depth > 0 {
      addend = .columnBias
    } else if let c, let layout = BroadcastLayout(y, c),
      let sum = Broadcasting(.add, type, layout)
    {
      addend = .spread(sum, scale: gemm.beta)
    } else {
      preconditionFailure("a kernel for shapes that inference refuses")
    }
    var accumulates = false
    if case .spread = addend { accumulates = true }
    residualSum =
      accumulates && epilogue.addsResidual
      ? BroadcastLayout(y, y).flatMap { Broadcasting(.add, type, $0) } : nil
    var rest = epilogue
    if accumulates { rest.addsResidual = false }
    let (inner, isAccumulating) = (rest, accumulates)
    func product(rightIsPacked: Bool) -> MatrixProduct {
      MatrixProduct(
        type, rows: rows, columns: columns, depth: depth,
        left: gemm.transposesA ? .transposed(rows) : .rowMajor(depth),
        right: gemm.transposesB ? .transposed(depth) : .rowMajor(columns), alpha: gemm.alpha,
        epilogue: inner, accumulates: isAccumulating, rightIsPacked: rightIsPacked,
        sharesRows: true)
    }
    (self.product, packedRight) = request.product(rightInput: 1, product)
  }

  var workspaceByteCount: Int { product.workspaceByteCount }

  var unreadInputs: [Int] { packedRight == nil ? [] : [1] }

  var inPlacePairs: [(input: Int, output: Int)] {
    product.epilogue.addsResidual && product.residualMayBeOutput ? [(Gemm.residualInput, 0)] : []
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard outputCount > 0, let output = arguments.outputBytes(0).baseAddress else { return }
    if case .spread(let sum, let scale) = addend, let c = arguments.inputBytes(2).baseAddress {
      // 0 + C over the whole output, times beta.
      output.initializeMemory(as: UInt8.self, repeating: 0, count: arguments.outputBytes(0).count)
      _ = sum.run(left: output, right: c, output: output)
      if scale != 1 { multiply(output, by: scale) }
      if let residualSum, let residual = arguments.inputBytes(Gemm.residualInput).baseAddress {
        _ = residualSum.run(left: output, right: residual, output: output)
      }
    }
    guard let left = arguments.inputBytes(0).baseAddress,
      let right = packedRight.map({ UnsafeRawPointer($0.base) })
        ?? arguments.inputBytes(1).baseAddress
    else { return }
    var bias: UnsafeRawPointer?
    if case .columnBias = addend { bias = arguments.inputBytes(2).baseAddress }
    product.run(
      left: left, right: right, output: output, columnBias: bias,
      residual: product.epilogue.addsResidual
        ? arguments.inputBytes(Gemm.residualInput).baseAddress : nil,
      workspace: arguments.workspace.baseAddress, threadLimit: arguments.threadLimit,
      startsFromEnd: arguments.startsFromEnd)
  }

  private func multiply(_ output: UnsafeMutableRawPointer, by scale: Double) {
    if scalarType == .float32 {
      let values = output.assumingMemoryBound(to: Float.self)
      for index in 0..<outputCount { values[index] *= Float(scale) }
    } else {
      let values = output.assumingMemoryBound(to: Double.self)
      for index in 0..<outputCount { values[index] *= scale }
    }
  }
}
