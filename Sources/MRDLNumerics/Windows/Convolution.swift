package import MRDLCore

/// The convolution of a batch of NC… tensors: activation(W ∗ X + bias + residual).
///
/// A product of the weights, one row for each output channel of a group, with the matrix of what the
/// window sees at each output position, which is never stored whole; windows of single channels are
/// computed directly. X is (batch, input channels, …), W (output channels, input channels / groups, …),
/// Y (batch, output channels, …), all dense. Results do not depend on the number of threads. A run
/// allocates nothing.
package struct Convolution: Sendable {
  package let scalarType: ScalarType
  package let batchCount: Int
  package let inputChannels: Int
  package let outputChannels: Int
  package let groupCount: Int
  package let window: Window
  /// What is done to each sum before it is written.
  package let epilogue: Epilogue
  /// Whether the weights are given as `packWeights` makes them.
  package let weightsArePacked: Bool
  let blocking: ProductBlocking
  let slotCount: Int
  /// The way of small planes whose weights are not packed ahead.
  private let shifted: ShiftedConvolution?
  /// The way of windows that move by one, whose weights are packed ahead.
  private let byRows: RowConvolution?
  /// The way of small windows and many channels whose weights are not packed ahead.
  private let filtered: StackedWinograd?

  /// - Parameter scalarType: float32 or float64.
  /// - Precondition: the scalar type is one of the two, and the groups divide both numbers of channels.
  package init(
    _ scalarType: ScalarType, batchCount: Int, inputChannels: Int, outputChannels: Int,
    groupCount: Int = 1, window: Window, epilogue: Epilogue = .none,
    weightsArePacked: Bool = false
  ) {
    precondition(
      scalarType == .float32 || scalarType == .float64, "a convolution of \(scalarType)")
    precondition(
      groupCount > 0 && inputChannels % groupCount == 0 && outputChannels % groupCount == 0,
      "\(groupCount) groups for \(inputChannels) and \(outputChannels) channels")
    self.scalarType = scalarType
    self.batchCount = batchCount
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.groupCount = groupCount
    self.window = window
    self.epilogue = epilogue
    let rows = outputChannels / groupCount
    let depth = inputChannels / groupCount * window.kernelVolume
    let copies = max(1, batchCount * groupCount)
    blocking =
      scalarType == .float32
      ? ProductBlocking(
        rows: rows, columns: window.outputVolume, depth: depth, copies: copies, Float.self)
      : ProductBlocking(
        rows: rows, columns: window.outputVolume, depth: depth, copies: copies, Double.self)
    let isDepthwise = inputChannels == groupCount && outputChannels == groupCount
    precondition(
      !(isDepthwise && weightsArePacked), "weights that are used as they stand cannot be packed")
    self.weightsArePacked = weightsArePacked
    slotCount = blocking.slotCount(copies: copies)
    func shifted<Scalar: KernelScalar>(_ type: Scalar.Type) -> ShiftedConvolution? {
      ShiftedConvolution(
        window: window, batchCount: batchCount, groupCount: groupCount,
        channels: inputChannels / groupCount, rows: rows, type)
    }
    func byRows<Scalar: KernelScalar>(
      _ type: Scalar.Type, _ depthStep: Int
    ) -> RowConvolution? {
      RowConvolution(
        window: window, batchCount: batchCount, groupCount: groupCount,
        channels: inputChannels / groupCount, outputs: rows, depthStep: depthStep, type)
    }
    self.byRows =
      isDepthwise || !weightsArePacked
      ? nil
      : scalarType == .float32
        ? byRows(Float.self, blocking.depthStep) : byRows(Double.self, blocking.depthStep)
    filtered =
      weightsArePacked || scalarType != .float32 || groupCount != 1 || epilogue != .none
      ? nil
      : StackedWinograd(
        batchCount: batchCount, inputChannels: inputChannels, outputChannels: outputChannels,
        window: window)
    self.shifted =
      isDepthwise || weightsArePacked || filtered != nil
      ? nil : scalarType == .float32 ? shifted(Float.self) : shifted(Double.self)
  }

  /// Whether a window that moves by one over few channels is better computed in planes, because the only block
  /// of output channels would leave a quarter of its lanes idle or more.
  ///
  /// - Parameters:
  ///   - depth: the elements that a window sees.
  ///   - outputWidth: nil where it is not known.
  package static func suitsPlanes(outputChannels: Int, depth: Int, outputWidth: Int?) -> Bool {
    depth <= RowConvolution.mostDepth && (outputWidth ?? .max) >= max(1, Float.lanes / 2)
      && 4 * outputChannels <= 3 * BlockWidth.wide.lanes
  }

  /// Whether each channel has a kernel of its own.
  package var isDepthwise: Bool {
    inputChannels == groupCount && outputChannels == groupCount
  }

  /// Whether the residual may be the same memory as the output.
  package var residualMayBeOutput: Bool {
    !isDepthwise && byRows == nil && shifted == nil && filtered == nil
  }

  /// Whether packing constant weights ahead makes the convolution faster; where it does not, they must
  /// not be packed.
  package var gainsFromPackedWeights: Bool { !isDepthwise }

  /// The way of computing, for people.
  package var method: String {
    if isDepthwise { return "depthwise, planes" }
    if byRows != nil { return "direct, planes" }
    return filtered?.method ?? (shifted == nil ? "patches" : "shifted planes")
  }

  /// The bytes of the weights as `packWeights` makes them.
  package var packedWeightsByteCount: Int {
    outputChannels * blocking.depth * elementByteCount
  }

  /// A name for the layout that `packWeights` makes, the same for two convolutions when they can share it.
  package var packedWeightsLayout: String {
    "convolution/\(scalarType.rawValue)/\(groupCount)x\(blocking.rows)x\(blocking.depth)/"
      + "\(blocking.rowPanels.count),\(blocking.depthStep)"
  }

  /// The bytes that `run` needs as workspace, aligned to 64.
  package var workspaceByteCount: Int {
    if isDepthwise || batchCount == 0 { return 0 }
    if let filtered { return filtered.workspaceByteCount }
    if let shifted { return shifted.workspaceCount * elementByteCount }
    if let byRows { return byRows.workspaceCount * elementByteCount }
    let weights =
      weightsArePacked ? 0 : (outputChannels * blocking.depth).roundedUp(toMultipleOf: 16)
    return (weights + slotCount * blocking.rightBlockCount.roundedUp(toMultipleOf: 16))
      * elementByteCount
  }

  private var elementByteCount: Int { scalarType == .float32 ? 4 : 8 }

  /// Packs the weights for convolutions of any size and number of images.
  package func packWeights(_ weights: UnsafeRawPointer, into packed: UnsafeMutableRawPointer) {
    if scalarType == .float32 {
      packWeights(weights, into: packed, Float.self)
    } else {
      packWeights(weights, into: packed, Double.self)
    }
  }

  /// Computes the convolution.
  ///
  /// - Parameters:
  ///   - bias: one value for each output channel.
  ///   - residual: laid out as the output; there exactly where the epilogue adds one.
  ///   - workspace: `workspaceByteCount` bytes, aligned to 64; nil when there are none.
  ///   - threadLimit: how many threads may take part; 0 for all.
  /// - Complexity: O(batch · output elements · input channels / groups · kernel volume).
  package func run(
    input: UnsafeRawPointer, weights: UnsafeRawPointer, bias: UnsafeRawPointer?,
    residual: UnsafeRawPointer? = nil, output: UnsafeMutableRawPointer,
    workspace: UnsafeMutableRawPointer?, threadLimit: Int
  ) {
    precondition(
      (residual != nil) == epilogue.addsResidual, "a residual is given where none is added, or not")
    if let filtered {
      guard let workspace else { preconditionFailure("a convolution needs its workspace") }
      filtered.run(
        input: input.assumingMemoryBound(to: Float.self),
        weights: weights.assumingMemoryBound(to: Float.self),
        bias: bias?.assumingMemoryBound(to: Float.self),
        output: output.assumingMemoryBound(to: Float.self), workspace: workspace,
        threadLimit: threadLimit)
    } else if scalarType == .float32 {
      run(input, weights, bias, residual, output, workspace, threadLimit, Float.self)
    } else {
      run(input, weights, bias, residual, output, workspace, threadLimit, Double.self)
    }
  }

  // MARK: By type

  private func packWeights<Scalar: KernelScalar>(
    _ weights: UnsafeRawPointer, into packed: UnsafeMutableRawPointer, _: Scalar.Type
  ) {
    let weights = weights.assumingMemoryBound(to: Scalar.self)
    let packed = packed.assumingMemoryBound(to: Scalar.self)
    for group in 0..<groupCount {
      let start = group * blocking.packedLeftCount
      for k in stride(from: 0, to: blocking.depth, by: blocking.depthStep) {
        Scalar.packLeft(
          rows: blocking.rows, panels: 0..<blocking.rowPanels.count,
          depth: min(blocking.depthStep, blocking.depth - k), alpha: 1, weights + start + k,
          rowStride: blocking.depth, columnStride: 1, into: packed + start + k * blocking.rows)
      }
    }
  }

  private func run<Scalar: KernelScalar>(
    _ input: UnsafeRawPointer, _ weights: UnsafeRawPointer, _ bias: UnsafeRawPointer?,
    _ residual: UnsafeRawPointer?, _ output: UnsafeMutableRawPointer,
    _ workspace: UnsafeMutableRawPointer?, _ threadLimit: Int, _: Scalar.Type
  ) {
    let input = input.assumingMemoryBound(to: Scalar.self)
    let output = output.assumingMemoryBound(to: Scalar.self)
    let bias = bias?.assumingMemoryBound(to: Scalar.self)
    let residual = residual?.assumingMemoryBound(to: Scalar.self)
    if isDepthwise {
      let work = DepthwisePlanes(
        convolution: self, input: input, weights: weights.assumingMemoryBound(to: Scalar.self),
        bias: bias, residual: residual, output: output)
      WorkerPool.run(work, count: work.pieceCount, threadLimit: threadLimit)
      return
    }
    guard batchCount > 0, outputChannels > 0, blocking.columns > 0 else { return }
    if let byRows {
      byRows.run(
        input: input, weights: weights.assumingMemoryBound(to: Scalar.self), bias: bias,
        residual: residual, activation: epilogue.activation, output: output,
        workspace: workspace?.assumingMemoryBound(to: Scalar.self), threadLimit: threadLimit)
      return
    }
    guard let workspace else { preconditionFailure("a convolution needs its workspace") }
    var free = workspace.assumingMemoryBound(to: Scalar.self)
    if let shifted {
      shifted.run(
        input: input, weights: weights.assumingMemoryBound(to: Scalar.self), bias: bias,
        residual: residual, activation: epilogue.activation, output: output, workspace: free,
        threadLimit: threadLimit)
      return
    }
    var packed = weights.assumingMemoryBound(to: Scalar.self)
    if !weightsArePacked {
      packWeights(weights, into: free, Scalar.self)
      packed = UnsafePointer(free)
      free += (outputChannels * blocking.depth).roundedUp(toMultipleOf: 16)
    }
    WorkerPool.run(
      ConvolutionPieces(
        convolution: self, input: input, weights: packed, bias: bias, residual: residual,
        output: output, blocks: free,
        blockCount: blocking.rightBlockCount.roundedUp(toMultipleOf: 16)),
      count: batchCount * groupCount * blocking.pieceCount,
      threadLimit: WorkerPool.limit(threadLimit, slots: slotCount))
  }
}

/// Pieces of the product of one group of one image.
private struct ConvolutionPieces<Scalar: KernelScalar>: ParallelWork {
  let convolution: Convolution
  let input: UnsafePointer<Scalar>
  let weights: UnsafePointer<Scalar>
  let bias: UnsafePointer<Scalar>?
  let residual: UnsafePointer<Scalar>?
  let output: UnsafeMutablePointer<Scalar>
  let blocks: UnsafeMutablePointer<Scalar>
  let blockCount: Int

  func run(index: Int, slot: Int) {
    let blocking = convolution.blocking
    let window = convolution.window
    let (copy, piece) = index.quotientAndRemainder(dividingBy: blocking.pieceCount)
    let (image, group) = copy.quotientAndRemainder(dividingBy: convolution.groupCount)
    let columns = blocking.columnRange(piece)
    let panels = blocking.panelRange(piece)
    let groupInput =
      input
      + (image * convolution.inputChannels
        + group * (convolution.inputChannels / convolution.groupCount)) * window.inputVolume
    let start = (image * convolution.outputChannels + group * blocking.rows) * blocking.columns
    let groupOutput = output + start
    let groupWeights = weights + group * blocking.packedLeftCount
    let block = blocks + slot * blockCount
    let isPointwise = window.isPointwise
    let activation = convolution.epilogue.activation

    var k = 0
    repeat {
      let step = min(blocking.depthStep, blocking.depth - k)
      if isPointwise {
        Scalar.packRight(
          depth: step, columns: columns.count,
          groupInput + k * window.inputVolume + columns.lowerBound,
          rowStride: window.inputVolume, columnStride: 1, into: block)
      } else {
        Scalar.packPatches(
          window.geometry, groupInput, rows: k..<k + step, columns: columns, into: block)
      }
      let isLast = k + step >= blocking.depth
      Scalar.multiply(
        ProductBlock(
          rows: blocking.rows, panels: panels, columns: columns.count, depth: step,
          left: groupWeights + k * blocking.rows, right: UnsafePointer(block),
          rightPanelStride: blocking.tileColumns * step, rightRowStride: blocking.tileColumns,
          output: groupOutput + columns.lowerBound, outputRowStride: blocking.columns,
          accumulates: k > 0, rowBias: bias.map { $0 + group * blocking.rows }, columnBias: nil,
          residual: residual.map { $0 + start + columns.lowerBound },
          bounds: isLast ? activation.bounds : nil))
      k += step
    } while k < blocking.depth
    if activation.needsSecondPass {
      let rows = blocking.rowPanels.rows(of: panels)
      Scalar.finish(
        rows: rows.count, columns: columns.count,
        groupOutput + rows.lowerBound * blocking.columns + columns.lowerBound,
        rowStride: blocking.columns,
        rowBias: nil, columnBias: nil, residual: nil, activation)
    }
  }
}

/// Some planes of a convolution with a kernel for each channel.
private struct DepthwisePlanes<Scalar: KernelScalar>: ParallelWork {
  let convolution: Convolution
  let input: UnsafePointer<Scalar>
  let weights: UnsafePointer<Scalar>
  let bias: UnsafePointer<Scalar>?
  let residual: UnsafePointer<Scalar>?
  let output: UnsafeMutablePointer<Scalar>

  /// Channels of one piece, never of two images.
  private var step: Int {
    let work = convolution.window.outputVolume * convolution.window.kernelVolume
    return max(1, min(convolution.outputChannels, ProductBlocking.leastParallelWork / max(work, 1)))
  }

  private var piecesPerImage: Int { (convolution.outputChannels + step - 1) / step }

  var pieceCount: Int { convolution.batchCount * piecesPerImage }

  func run(index: Int, slot: Int) {
    let window = convolution.window
    let (image, part) = index.quotientAndRemainder(dividingBy: piecesPerImage)
    let first = part * step
    let count = min(step, convolution.outputChannels - first)
    let plane = image * convolution.outputChannels + first
    let result = output + plane * window.outputVolume
    Scalar.convolveDepthwise(
      window.geometry, planes: count, input + plane * window.inputVolume,
      weights: weights + first * window.kernelVolume, bias: bias.map { $0 + first }, into: result)
    if convolution.epilogue != .none {
      Scalar.finish(
        rows: 1, columns: count * window.outputVolume, result, rowStride: 0, rowBias: nil,
        columnBias: nil, residual: residual.map { $0 + plane * window.outputVolume },
        convolution.epilogue.activation)
    }
  }
}
