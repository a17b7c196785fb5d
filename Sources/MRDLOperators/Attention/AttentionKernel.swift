internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// Attention head by head: a product, the bias and the softmax in the workspace, a product.
struct AttentionKernel: Kernel {
  /// Where the matrices of heads lie, in elements.
  private struct Heads {
    let batchStride: Int
    let headStride: Int
    let rowStride: Int

    init(steps: Int, heads: Int, size: Int, isPacked: Bool) {
      batchStride = steps * heads * size
      headStride = isPacked ? size : steps * size
      rowStride = isPacked ? heads * size : size
    }
  }

  /// How a mask is laid over the scores: distances in elements, 0 where one element serves all.
  private struct Mask {
    let isFlags: Bool
    let batchStride: Int
    let headStride: Int
    let rowStride: Int
    let columnStride: Int
    /// The steps of K that it reaches; those behind are hidden.
    let columns: Int
  }

  private let options: Attention
  private let type: ScalarType
  private let batch: Int
  private let queryHeads: Int
  private let keyHeads: Int
  private let querySteps: Int
  private let pastSteps: Int
  private let keySteps: Int
  private let totalSteps: Int
  private let size: Int
  private let valueSize: Int
  private let mask: Mask?
  private let hasCounts: Bool
  private let queries: Heads
  private let keysGiven: Heads
  private let valuesGiven: Heads
  private let keys: Heads
  private let values: Heads
  private let results: Heads
  private let copiesKeys: Bool
  private let copiesValues: Bool
  private let scores: MatrixProduct
  private let mixing: MatrixProduct
  private let softmax: MRDLNumerics.Softmax

  init(_ options: Attention, _ request: KernelRequest) throws(MRDLError) {
    self.options = options
    type = request.inputType(0)
    let shapes = (0..<3).map { SymbolicShape(request.inputShape($0)) }
    guard let extents = options.extents(shapes[0], shapes[1], shapes[2]),
      let batch = extents.batch.value, let queryHeads = extents.queryHeads.value,
      let keyHeads = extents.keyHeads.value, let querySteps = extents.querySteps.value,
      let keySteps = extents.keySteps.value, let size = extents.querySize.value,
      let valueSize = extents.valueSize.value
    else { preconditionFailure("a kernel for shapes that inference refuses") }
    func has(_ index: Int) -> Bool { index < request.inputs.count && request.inputs[index] != nil }
    func needs(_ index: Int) -> Bool {
      index < request.outputs.count && request.outputs[index] != nil
    }
    let past = has(4) ? request.inputShape(4)[2] : 0
    let isPacked = extents.isPacked
    (self.batch, self.queryHeads, self.keyHeads) = (batch, queryHeads, keyHeads)
    (self.querySteps, self.keySteps, self.size, self.valueSize) = (
      querySteps, keySteps, size, valueSize
    )
    pastSteps = past
    let total = past + keySteps
    totalSteps = total
    hasCounts = has(6)
    mask =
      has(3)
      ? try Self.mask(
        request.inputShape(3), isFlags: request.inputType(3) == .bool,
        scores: [batch, queryHeads, querySteps, total], request) : nil
    queries = Heads(steps: querySteps, heads: queryHeads, size: size, isPacked: isPacked)
    keysGiven = Heads(steps: keySteps, heads: keyHeads, size: size, isPacked: isPacked)
    valuesGiven = Heads(steps: keySteps, heads: keyHeads, size: valueSize, isPacked: isPacked)
    results = Heads(steps: querySteps, heads: queryHeads, size: valueSize, isPacked: isPacked)
    copiesKeys = past > 0 || needs(1)
    copiesValues = past > 0 || needs(2)
    keys =
      copiesKeys
      ? Heads(steps: total, heads: keyHeads, size: size, isPacked: false) : keysGiven
    values =
      copiesValues
      ? Heads(steps: total, heads: keyHeads, size: valueSize, isPacked: false) : valuesGiven
    scores = MatrixProduct(
      type, rows: querySteps, columns: total, depth: size,
      left: MatrixProduct.Layout(rowStride: queries.rowStride, columnStride: 1),
      right: MatrixProduct.Layout(rowStride: 1, columnStride: keys.rowStride),
      alpha: options.scale ?? 1 / Double(max(size, 1)).squareRoot())
    mixing = MatrixProduct(
      type, rows: querySteps, columns: valueSize, depth: total,
      right: MatrixProduct.Layout(rowStride: values.rowStride, columnStride: 1),
      outputRowStride: results.rowStride)
    softmax = MRDLNumerics.Softmax(
      type, outer: querySteps, length: total, inner: 1, isLogarithmic: false)
  }

  private static func mask(
    _ shape: Shape, isFlags: Bool, scores: [Int], _ request: KernelRequest
  ) throws(MRDLError) -> Mask {
    guard shape.rank <= 4 else {
      throw MRDLError(
        .badShape, "attn_mask has too many axes", found: "\(shape)", expected: "at most 4",
        at: request.place)
    }
    let extents = [Int](repeating: 1, count: 4 - shape.rank) + shape.dimensions
    var strides = [Int](repeating: 0, count: 4)
    var step = 1
    for axis in (0..<4).reversed() {
      let fits =
        axis == 3 ? extents[3] <= scores[3] : extents[axis] == 1 || extents[axis] == scores[axis]
      guard fits else {
        throw MRDLError(
          .badShape, "attn_mask does not fit the scores", found: "\(shape)",
          expected: "what can be broadcast to \(scores)", at: request.place)
      }
      // One column serves all only where there is but one step.
      strides[axis] = extents[axis] == 1 && axis < 3 ? 0 : step
      step *= extents[axis]
    }
    let isShared = shape.rank > 0 && extents[3] == 1 && scores[3] > 1
    return Mask(
      isFlags: isFlags, batchStride: strides[0], headStride: strides[1], rowStride: strides[2],
      columnStride: isShared ? 0 : strides[3], columns: isShared ? scores[3] : extents[3])
  }

  // MARK: Workspace

  private var width: Int { type.elementByteCount ?? 4 }

  private var scoreByteCount: Int { (querySteps * totalSteps * width).roundedUp(toMultipleOf: 64) }
  private var keyByteCount: Int {
    copiesKeys ? (batch * keyHeads * totalSteps * size * width).roundedUp(toMultipleOf: 64) : 0
  }
  private var valueByteCount: Int {
    copiesValues
      ? (batch * keyHeads * totalSteps * valueSize * width).roundedUp(toMultipleOf: 64) : 0
  }
  private var innerByteCount: Int {
    max(scores.workspaceByteCount, mixing.workspaceByteCount, softmax.workspaceByteCount)
  }

  var workspaceByteCount: Int {
    scoreByteCount + keyByteCount + valueByteCount + querySteps.roundedUp(toMultipleOf: 64)
      + innerByteCount
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let base = arguments.workspace.baseAddress else { return }
    // Nobody may need Y, but the present keys and values or what is between.
    let y = arguments.outputBytes(0).isEmpty ? nil : arguments.outputBytes(0).baseAddress
    if type == .float32 {
      run(arguments, y, base, Float.self)
    } else {
      run(arguments, y, base, Double.self)
    }
  }

  private func run<Scalar: BinaryFloatingPoint & TensorElement>(
    _ arguments: borrowing KernelArguments, _ y: UnsafeMutableRawPointer?,
    _ base: UnsafeMutableRawPointer, _ scalar: Scalar.Type
  ) {
    let table = base.assumingMemoryBound(to: scalar)
    let keyRoom = base + scoreByteCount
    let valueRoom = keyRoom + keyByteCount
    let hidden = (valueRoom + valueByteCount).assumingMemoryBound(to: UInt8.self)
    let inner = valueRoom + valueByteCount + querySteps.roundedUp(toMultipleOf: 64)
    let keyBase = present(
      arguments, input: 1, past: 4, output: 1, copiesKeys, keysGiven, size, keyRoom)
    let valueBase = present(
      arguments, input: 2, past: 5, output: 2, copiesValues, valuesGiven, valueSize, valueRoom)
    guard let queryBase = arguments.inputBytes(0).baseAddress, let keyBase, let valueBase else {
      // Nothing to attend to: every query gets zeros.
      arguments.outputBytes(0).initializeMemory(as: UInt8.self, repeating: 0)
      return
    }
    let count = querySteps * totalSteps
    let middle =
      arguments.hasOutput(3)
      ? arguments.outputBytes(3).baseAddress?.assumingMemoryBound(to: scalar) : nil
    guard querySteps > 0, y != nil || middle != nil else { return }
    for sample in 0..<batch {
      let frontier =
        hasCounts ? Int(clamping: arguments.input(6, as: Int64.self)[sample]) : totalSteps
      let offset = pastSteps > 0 || !hasCounts ? pastSteps : frontier - querySteps
      for head in 0..<queryHeads {
        let shared = head / (queryHeads / keyHeads)
        scores.run(
          left: queryBase
            + (sample * queries.batchStride + head * queries.headStride) * width,
          right: keyBase + (sample * keys.batchStride + shared * keys.headStride) * width,
          output: base, workspace: inner, threadLimit: arguments.threadLimit)
        let slice = middle.map { $0 + (sample * queryHeads + head) * count }
        if let slice, options.middle == .product { slice.update(from: table, count: count) }
        cap(table, count)
        if let slice, options.middle == .capped { slice.update(from: table, count: count) }
        addBias(
          table, hidden, sample, head, frontier: min(frontier, totalSteps), offset: offset,
          arguments)
        if let slice, options.middle == .biased { slice.update(from: table, count: count) }
        softmax.run(
          input: base, output: base, workspace: inner, threadLimit: arguments.threadLimit)
        for row in 0..<querySteps where hidden[row] != 0 {
          (table + row * totalSteps).update(repeating: 0, count: totalSteps)
        }
        if let slice, options.middle == .probabilities {
          slice.update(from: table, count: count)
        }
        guard let y else { continue }
        mixing.run(
          left: base,
          right: valueBase + (sample * values.batchStride + shared * values.headStride) * width,
          output: y + (sample * results.batchStride + head * results.headStride) * width,
          workspace: inner, threadLimit: arguments.threadLimit)
      }
    }
  }

  /// Where the steps of K or V stand, the past before them; nil where there are none.
  private func present(
    _ arguments: borrowing KernelArguments, input: Int, past: Int, output: Int, _ copies: Bool,
    _ given: Heads, _ size: Int, _ room: UnsafeMutableRawPointer
  ) -> UnsafeRawPointer? {
    let source = arguments.inputBytes(input).baseAddress
    guard copies else { return totalSteps == 0 ? nil : source }
    let target =
      arguments.hasOutput(output) ? arguments.outputBytes(output).baseAddress ?? room : room
    let row = size * width
    for sample in 0..<batch {
      for head in 0..<keyHeads {
        let start = target + (sample * keyHeads + head) * totalSteps * row
        if pastSteps > 0, let old = arguments.inputBytes(past).baseAddress {
          start.copyMemory(
            from: old + (sample * keyHeads + head) * pastSteps * row, byteCount: pastSteps * row)
        }
        guard let source else { continue }
        for step in 0..<keySteps {
          (start + (pastSteps + step) * row).copyMemory(
            from: source
              + (sample * given.batchStride + head * given.headStride + step * given.rowStride)
                * width,
            byteCount: row)
        }
      }
    }
    return totalSteps == 0 ? nil : UnsafeRawPointer(target)
  }

  private func cap<Scalar: BinaryFloatingPoint>(
    _ table: UnsafeMutablePointer<Scalar>, _ count: Int
  ) {
    guard options.softcap > 0 else { return }
    for index in 0..<count {
      table[index] = Scalar(
        options.softcap * hyperbolicTangent(Double(table[index]) / options.softcap))
    }
  }

  /// Adds what hides steps, and marks the rows to which all of them are hidden.
  private func addBias<Scalar: BinaryFloatingPoint & TensorElement>(
    _ table: UnsafeMutablePointer<Scalar>, _ hidden: UnsafeMutablePointer<UInt8>, _ sample: Int,
    _ head: Int, frontier: Int, offset: Int, _ arguments: borrowing KernelArguments
  ) {
    for row in 0..<querySteps {
      let line = table + row * totalSteps
      let position = row + offset
      var first = 0
      var end = frontier
      if options.isCausal { end = min(end, position + 1) }
      if let left = options.leftWindow { first = max(first, position - left) }
      if let right = options.rightWindow { end = min(end, position + right + 1) }
      if let mask { end = min(end, mask.columns) }
      first = min(max(first, 0), totalSteps)
      end = min(max(end, first), totalSteps)
      (line).update(repeating: -.infinity, count: first)
      (line + end).update(repeating: -.infinity, count: totalSteps - end)
      var isHidden = first >= end
      if let mask, !isHidden {
        isHidden = true
        let start =
          sample * mask.batchStride + head * mask.headStride + row * mask.rowStride
        if mask.isFlags {
          let flags = arguments.inputBytes(3)
          for column in first..<end {
            if flags[start + column * mask.columnStride] == 0 {
              line[column] = -.infinity
            } else {
              isHidden = false
            }
          }
        } else {
          let numbers = arguments.input(3, as: Scalar.self)
          for column in first..<end {
            let bias = numbers[start + column * mask.columnStride]
            line[column] += bias
            if bias != -.infinity { isHidden = false }
          }
        }
      }
      hidden[row] = isHidden ? 1 : 0
    }
  }
}
