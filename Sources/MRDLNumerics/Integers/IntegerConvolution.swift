internal import CMRDLKernels

/// The convolution of a batch of blocked images of u8 with weights of i8, with what becomes of its sums.
///
/// Input, output and residual are blocked (see `BlockedLayout`); the weights (output channels, input
/// channels / groups, kernel height, kernel width) are packed ahead. Sums are exact in i32. Results do not
/// depend on the number of threads. A run allocates nothing.
package struct IntegerConvolution: Sendable {
  package let weights: BlockedConvolution.Weights
  package let batchCount: Int
  package let window: Window
  private let isDepthwise: Bool
  /// How sums over the window are cut into pieces, and what these see.
  private let plan: DirectBlockedConvolution
  private let bands: BlockedBands

  /// - Precondition: `BlockedConvolution.supports`, and the window has two axes.
  package init(
    batchCount: Int, inputChannels: Int, outputChannels: Int, groupCount: Int = 1, window: Window,
    width: BlockWidth = .wide
  ) {
    precondition(
      BlockedConvolution.supports(
        inputChannels: inputChannels, outputChannels: outputChannels, groupCount: groupCount),
      "a blocked convolution of \(groupCount) groups")
    let kernel = window.geometry.kernel
    weights = BlockedConvolution.Weights(
      inputChannels: inputChannels, outputChannels: outputChannels, groupCount: groupCount,
      kernelHeight: kernel.height, kernelWidth: kernel.width, readsPlanes: false, width: width)
    self.batchCount = batchCount
    self.window = window
    isDepthwise = groupCount > 1
    plan = DirectBlockedConvolution(weights, batchCount: batchCount, window: window)
    bands = BlockedBands(
      batchCount: batchCount, channels: outputChannels, width: width, window: window)
  }

  private var lanes: Int { weights.width.lanes }
  private var taps: Int { weights.kernelHeight * weights.kernelWidth }

  package var method: String {
    "\(isDepthwise ? "depthwise" : "direct"), integers, \(kernelName), blocks of \(lanes)"
  }

  private var kernelName: String { String(cString: weights.width.integerKernels.name) }

  /// Elements of arrays by output channel: the channels filled up to whole blocks.
  package var paddedOutputs: Int { weights.width.paddedChannels(weights.outputChannels) }

  package var packedWeightsByteCount: Int {
    let group = weights.width.integerKernels.group
    let depth = isDepthwise ? 1 : (weights.inputChannels + group - 1) / group * group
    return paddedOutputs * depth * taps
  }

  /// A name for the layout that `packWeights` makes, the same for two convolutions when they can share it.
  package func packedWeightsLayout(flip: UInt8) -> String {
    "integers/blocked/\(lanes)/\(weights.groupCount)/\(weights.inputChannels)x\(taps)/\(flip)"
  }

  /// Packs the weights.
  ///
  /// - Parameter flip: combined with every byte by exclusive or: 128 makes i8 of u8 less 128.
  package func packWeights(
    _ matrix: UnsafeRawPointer, flip: UInt8, into packed: UnsafeMutableRawPointer
  ) {
    let matrix = matrix.assumingMemoryBound(to: Int8.self)
    let packed = packed.assumingMemoryBound(to: Int8.self)
    guard isDepthwise else {
      weights.width.integerKernels.pack_weights(
        weights.outputChannels, weights.inputChannels, taps, weights.inputChannels * taps, taps, 1,
        flip, matrix, packed)
      return
    }
    for block in 0..<weights.outputBlocks {
      for tap in 0..<taps {
        for lane in 0..<lanes {
          let channel = block * lanes + lane
          packed[(block * taps + tap) * lanes + lane] =
            channel < weights.outputChannels
            ? Int8(bitPattern: UInt8(bitPattern: matrix[channel * taps + tap]) ^ flip) : 0
        }
      }
    }
  }

  private var layout: GroupedConvolution.Layout {
    GroupedConvolution.Layout(
      unit: 1, blockCount: plan.inputBlockCount, channels: weights.inputChannels)
  }

  /// The bytes that `run` needs as workspace, aligned to 64.
  package var workspaceByteCount: Int {
    isDepthwise || batchCount == 0 ? 0 : GroupedConvolution.workspaceByteCount(plan, layout)
  }

  /// Computes the convolution.
  ///
  /// - Parameters:
  ///   - weights: as `packWeights` makes them.
  ///   - padding: what stands outside the input: its zero point.
  ///   - ending: arrays of `paddedOutputs` elements.
  ///   - workspace: `workspaceByteCount` bytes, aligned to 64; nil when there are none.
  /// - Complexity: O(batch · output elements · input channels / groups · kernel volume).
  package func run(
    input: UnsafeRawPointer, weights: UnsafeRawPointer, padding: UInt8, ending: IntegerEnding,
    output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer?, threadLimit: Int
  ) {
    guard batchCount > 0, window.outputVolume > 0, self.weights.outputChannels > 0 else { return }
    let input = input.assumingMemoryBound(to: UInt8.self)
    let packed = weights.assumingMemoryBound(to: Int8.self)
    if isDepthwise {
      runDepthwise(input, packed, padding, ending, output, threadLimit)
      return
    }
    precondition(
      workspaceByteCount == 0 || workspace != nil, "a convolution needs its workspace")
    let kernels = self.weights.width.integerKernels
    GroupedConvolution(
      plan: plan, layout: layout, product: kernels.product, stageRows: kernels.stage_rows,
      input: input,
      weights: packed, padding: padding, ending: ending, output: output,
      workspace: workspace?.assumingMemoryBound(to: UInt8.self)
    ).run(threadLimit: threadLimit)
  }

  private func runDepthwise(
    _ input: UnsafePointer<UInt8>, _ weights: UnsafePointer<Int8>, _ padding: UInt8,
    _ ending: IntegerEnding, _ output: UnsafeMutableRawPointer, _ threadLimit: Int
  ) {
    bands.run(
      DepthwiseRows(
        convolution: self, input: input, weights: weights, padding: padding, ending: ending,
        output: output), threadLimit: threadLimit)
  }

  private struct DepthwiseRows: BandWork {
    let convolution: IntegerConvolution
    let input: UnsafePointer<UInt8>
    let weights: UnsafePointer<Int8>
    let padding: UInt8
    let ending: IntegerEnding
    let output: UnsafeMutableRawPointer

    func run(_ piece: BlockedBands.Piece) {
      let (lanes, rows) = (convolution.lanes, piece.rows)
      let start = piece.block * convolution.bands.outputStride
      let target = output + start * ending.result.byteCount
      withUnsafePointer(to: convolution.window.geometry) { window in
        withUnsafePointer(
          to: ending.arguments(channel: piece.channelBlock * lanes, element: start)
        ) { arguments in
          convolution.weights.width.integerKernels.depthwise(
            window, rows.lowerBound, rows.upperBound,
            input + piece.block * convolution.bands.inputStride,
            weights + piece.channelBlock * convolution.taps * lanes, padding, arguments, target)
        }
      }
      let rowStride = convolution.window.geometry.output.width * lanes
      ending.finish(
        target + rows.lowerBound * rowStride * ending.result.byteCount, rows: 1, rowStride: 0,
        columns: rows.count * rowStride)
    }
  }
}
