internal import MRDLCore
internal import MRDLNumerics

/// MatMulInteger and QLinearMatMul with one right matrix for all, which is packed ahead where it is constant.
/// The zero point of the left matrix may be known only while running.
struct IntegerMatMulKernel: Kernel {
  private let product: IntegerProduct
  /// nil for a matrix that is packed in each run.
  private let right: (bytes: Storage, sums: [Int32])?
  private let flips: (left: UInt8, right: UInt8)
  private let result: IntegerResult
  private let scale: Storage?
  private let inputs: IntegerProductKernel.Inputs

  /// nil where something else is needed: a stack of right matrices, several zero points on the left, or one
  /// on the right that would have to be subtracted.
  init?(_ request: KernelRequest, _ inputs: IntegerProductKernel.Inputs) {
    let (a, b) = (request.inputShape(0), request.inputShape(inputs.right))
    guard a.rank > 0, b.rank == 2, b.elementCount > 0,
      !request.hasInput(inputs.leftZero) || request.inputShape(inputs.leftZero).elementCount == 1
    else { return nil }
    let type = request.inputType(inputs.right)
    let neutral: UInt8 = type == .uint8 ? 128 : 0
    if request.hasInput(inputs.rightZero) {
      guard let zeros = request.constant(inputs.rightZero),
        zeros.withUnsafeBytes({ $0.allSatisfy { $0 == neutral } })
      else { return nil }
    } else if neutral != 0 {
      return nil
    }
    flips = (request.inputType(0) == .int8 ? 128 : 0, neutral)
    let product = IntegerProduct(
      rows: a.dimensions.dropLast().reduce(1, *), columns: b[1], depth: b[0])
    self.product = product
    self.inputs = inputs
    if let weights = request.integerWeights(inputs.right, zeros: inputs.rightZero) {
      let bytes = request.packedConstants.bytes(
        of: weights.tensor,
        layout: product.packedRightLayout(rowStride: b[1], columnStride: 1, flip: neutral),
        byteCount: product.packedRightByteCount
      ) { product.packRight($0, rowStride: b[1], columnStride: 1, flip: neutral, into: $1) }
      right = (
        bytes, weights.sums(outputs: b[1], outputStride: 1, depth: b[0], depthStride: b[1])
      )
    } else {
      right = nil
    }
    guard let scales = inputs.requantization else {
      result = .sum
      scale = nil
      return
    }
    guard
      let ending = request.requantization(
        left: scales.left, right: scales.right, output: scales.output, outputs: b[1])
    else { return nil }
    result = ending.result
    let storage = Storage(byteCount: product.paddedColumns * 4)
    ending.scale.withUnsafeBytes { source in
      if let start = source.baseAddress {
        storage.base.copyMemory(from: start, byteCount: source.count)
      }
    }
    scale = storage
  }

  private func rounded(_ count: Int) -> Int {
    (count + Storage.alignment - 1) / Storage.alignment * Storage.alignment
  }

  private var biasByteCount: Int { rounded(product.paddedColumns * 4) }
  private var packedByteCount: Int { right == nil ? rounded(product.packedRightByteCount) : 0 }

  var workspaceByteCount: Int {
    biasByteCount + packedByteCount + product.workspaceByteCount(leftFlip: flips.left)
  }

  var method: String? { "integers, \(product.kernelName)" }

  var unreadInputs: [Int] { right == nil ? [] : [inputs.right] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let left = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty,
      let workspace = arguments.workspace.baseAddress
    else { return }
    var zero: Int32 = 0
    if arguments.hasInput(inputs.leftZero), let byte = arguments.inputBytes(inputs.leftZero).first {
      zero = flips.left == 0 ? Int32(byte) : Int32(Int8(bitPattern: byte))
    }
    zero += Int32(flips.left)
    let bias = workspace.assumingMemoryBound(to: Int32.self)
    for column in 0..<product.paddedColumns { bias[column] = 0 }
    let bytes: UnsafeRawPointer
    if let right {
      bytes = UnsafeRawPointer(right.bytes.base)
      for (column, sum) in right.sums.enumerated() { bias[column] = 0 &- sum &* zero }
    } else {
      let packed = workspace + biasByteCount
      let matrix = arguments.inputBytes(inputs.right)
      guard let start = matrix.baseAddress else { return }
      product.packRight(
        start, rowStride: product.columns, columnStride: 1, flip: flips.right, into: packed)
      bytes = UnsafeRawPointer(packed)
      for row in 0..<product.depth {
        for column in 0..<product.columns {
          let value = Int8(bitPattern: matrix[row * product.columns + column] ^ flips.right)
          bias[column] &-= Int32(value) &* zero
        }
      }
    }
    product.run(
      left: left, leftFlip: flips.left, right: bytes,
      ending: IntegerEnding(
        result, bias: UnsafePointer(bias),
        scale: scale.map { UnsafePointer($0.base.assumingMemoryBound(to: Float.self)) }),
      output: output, workspace: workspace + biasByteCount + packedByteCount,
      threadLimit: arguments.threadLimit)
  }
}
