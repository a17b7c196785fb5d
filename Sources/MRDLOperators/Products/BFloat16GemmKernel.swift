internal import MRDLCore
internal import MRDLNumerics

/// A product of float32 with a constant matrix, both rounded to bfloat16.
struct BFloat16GemmKernel: Kernel {
  private let product: BFloat16Product
  private let right: Storage
  private let biasInput: Int
  private let residualInput: Int

  /// nil where the product stays in float32: by the precision that is asked for, because the right matrix is not
  /// constant, or because the processor lacks the instructions.
  ///
  /// - Parameters:
  ///   - transposesB: whether the matrix of input 1 stands transposed.
  ///   - biasInput: where a number for each column may stand among the inputs.
  init?(
    _ request: KernelRequest, rows: Int, transposesB: Bool, epilogue: Epilogue, biasInput: Int,
    residualInput: Int
  ) {
    guard request.precision == .bfloat16, request.inputType(0) == .float32,
      let matrix = request.inputs[1]?.constant, matrix.shape.rank == 2, matrix.elementCount > 0
    else { return nil }
    let shape = matrix.shape
    let (depth, columns) = transposesB ? (shape[1], shape[0]) : (shape[0], shape[1])
    guard
      let product = BFloat16Product(
        rows: rows, columns: columns, depth: depth, epilogue: epilogue)
    else { return nil }
    self.product = product
    let (rowStride, columnStride) = transposesB ? (1, depth) : (columns, 1)
    right = request.packedConstants.bytes(
      of: matrix,
      layout: product.packedRightLayout(rowStride: rowStride, columnStride: columnStride),
      byteCount: product.packedRightByteCount
    ) { product.packRight($0, rowStride: rowStride, columnStride: columnStride, into: $1) }
    self.biasInput = biasInput
    self.residualInput = residualInput
  }

  private var biasByteCount: Int { (product.paddedColumns * 4).roundedUp(toMultipleOf: 64) }

  var workspaceByteCount: Int { biasByteCount + product.workspaceByteCount }

  var method: String? { product.method }

  var unreadInputs: [Int] { [1] }

  var inPlacePairs: [(input: Int, output: Int)] {
    product.epilogue.addsResidual ? [(residualInput, 0)] : []
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let left = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty,
      let workspace = arguments.workspace.baseAddress
    else { return }
    var bias: UnsafeRawPointer?
    if arguments.hasInput(biasInput), let given = arguments.inputBytes(biasInput).baseAddress {
      workspace.copyMemory(from: given, byteCount: product.columns * 4)
      bias = UnsafeRawPointer(workspace)
    }
    product.run(
      left: left, right: right.base, bias: bias,
      residual: product.epilogue.addsResidual
        ? arguments.inputBytes(residualInput).baseAddress : nil, output: output,
      workspace: workspace + biasByteCount, threadLimit: arguments.threadLimit)
  }
}
