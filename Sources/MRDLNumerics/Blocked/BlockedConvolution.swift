internal import CMRDLKernels

/// The convolution of a batch of blocked float32 images: activation(W ∗ X + bias + residual).
///
/// X is blocked (see `BlockedLayout`) or, where it has few channels, stands in planes (N, C, H, W); W is
/// (output channels, input channels / groups, kernel height, kernel width), packed ahead; Y and the
/// residual are blocked. Three ways of computing it are chosen from by shape alone: sums over the window,
/// Winograd's minimal filtering, and a window for each channel. Results do not depend on the number of
/// threads. A run allocates nothing.
package struct BlockedConvolution: Sendable {
  /// How the sums are computed.
  package enum Method: Sendable, Hashable, CustomStringConvertible {
    case direct
    /// F(tile × tile, 3 × 3). Tests hold it to the error of the direct sum for 2, and to ten times that
    /// for 4.
    case winograd(tile: Int)
    case depthwise

    package var description: String {
      switch self {
      case .direct: "direct"
      case .winograd(let tile): "Winograd \(tile)×\(tile)"
      case .depthwise: "depthwise"
      }
    }
  }

  /// What does not depend on the size of the images: what weights are packed for.
  package struct Weights: Sendable, Hashable {
    package let inputChannels: Int
    package let outputChannels: Int
    package let groupCount: Int
    package let kernelHeight: Int
    package let kernelWidth: Int
    /// Whether the input stands in planes.
    package let readsPlanes: Bool
    /// The blocks of input and output.
    package let width: BlockWidth

    var inputBlocks: Int { width.blockCount(channels: inputChannels) }
    var outputBlocks: Int { width.blockCount(channels: outputChannels) }
  }

  package let weights: Weights
  package let batchCount: Int
  package let window: Window
  /// What is done to each sum before it is written.
  package let epilogue: Epilogue
  package let method: Method
  let plan: any BlockedConvolutionPlan

  /// Whether a convolution can be computed in blocks: one group, or a window for each channel, over two
  /// axes.
  package static func supports(inputChannels: Int, outputChannels: Int, groupCount: Int) -> Bool {
    groupCount == 1 || (groupCount == inputChannels && groupCount == outputChannels)
  }

  /// - Parameters:
  ///   - readsPlanes: whether the input stands in planes; not for windows of single channels.
  ///   - method: nil to choose by shape.
  /// - Precondition: `supports`, and the window has two axes.
  package init(
    batchCount: Int, inputChannels: Int, outputChannels: Int, groupCount: Int = 1, window: Window,
    readsPlanes: Bool = false, width: BlockWidth = .wide, epilogue: Epilogue = .none,
    method: Method? = nil
  ) {
    precondition(
      Self.supports(
        inputChannels: inputChannels, outputChannels: outputChannels, groupCount: groupCount),
      "a blocked convolution of \(groupCount) groups")
    let geometry = window.geometry
    precondition(
      geometry.input.depth == 1 && geometry.kernel.depth == 1 && geometry.output.depth == 1,
      "a blocked convolution over three axes")
    let isDepthwise = groupCount > 1 || (inputChannels == 1 && outputChannels == 1 && !readsPlanes)
    precondition(!(isDepthwise && readsPlanes), "a depthwise convolution of planes")
    weights = Weights(
      inputChannels: inputChannels, outputChannels: outputChannels, groupCount: groupCount,
      kernelHeight: geometry.kernel.height, kernelWidth: geometry.kernel.width,
      readsPlanes: readsPlanes, width: width)
    self.batchCount = batchCount
    self.window = window
    self.epilogue = epilogue
    let chosen =
      method
      ?? (isDepthwise ? .depthwise : Self.sumMethod(weights, window, isBlocked: !readsPlanes))
    self.method = chosen
    switch chosen {
    case .direct: plan = DirectBlockedConvolution(weights, batchCount: batchCount, window: window)
    case .winograd(let tile):
      plan = WinogradConvolution(weights, batchCount: batchCount, window: window, tile: tile)
    case .depthwise: plan = BlockedDepthwise(weights, batchCount: batchCount, window: window)
    }
  }

  /// The bytes of the weights as `packWeights` makes them.
  package var packedWeightsByteCount: Int { plan.packedWeightsCount * 4 }

  /// A name for the layout that `packWeights` makes, the same for two convolutions when they can share it.
  package var packedWeightsLayout: String {
    "blocked/\(weights.width.lanes)/\(weights.readsPlanes ? "planes" : "blocks")/"
      + "\(weights.groupCount)/\(plan.name)"
  }

  /// The bytes that `run` needs as workspace, aligned to 64.
  package var workspaceByteCount: Int { batchCount == 0 ? 0 : plan.workspaceCount * 4 }

  /// Height and width of the output.
  package var outputImage: [Int] { [window.geometry.output.height, window.geometry.output.width] }

  /// The blocks of the output.
  package var outputBlockCount: Int { weights.outputBlocks }

  /// Elements of a bias for `run`: one for each lane of the output's blocks.
  package var biasCount: Int { outputBlockCount * weights.width.lanes }

  /// Packs the weights for convolutions with the same `packedWeightsLayout`.
  package func packWeights(
    _ weights: UnsafeRawPointer, into packed: UnsafeMutableRawPointer, threadLimit: Int = 0
  ) {
    plan.packWeights(
      weights.assumingMemoryBound(to: Float.self), into: packed.assumingMemoryBound(to: Float.self),
      threadLimit: threadLimit)
  }

  /// Computes the convolution.
  ///
  /// - Parameters:
  ///   - weights: as `packWeights` makes them.
  ///   - bias: `biasCount` values; nil for none.
  ///   - residual: lies like the output, and may be the same memory; there exactly where the epilogue
  ///     adds one.
  ///   - workspace: `workspaceByteCount` bytes, aligned to 64; nil when there are none.
  ///   - threadLimit: how many threads may take part; 0 for all.
  /// - Complexity: O(batch · output elements · input channels / groups · kernel volume); Winograd's
  ///   methods divide it by 2.25 and 4.
  package func run(
    input: UnsafeRawPointer, weights: UnsafeRawPointer, bias: UnsafeRawPointer?,
    residual: UnsafeRawPointer?, output: UnsafeMutableRawPointer,
    workspace: UnsafeMutableRawPointer?, threadLimit: Int
  ) {
    precondition(
      (residual != nil) == epilogue.addsResidual, "a residual is given where none is added, or not")
    guard batchCount > 0, window.outputVolume > 0, self.weights.outputChannels > 0 else { return }
    let ending = BlockedEnding(
      bias: bias?.assumingMemoryBound(to: Float.self),
      residual: residual?.assumingMemoryBound(to: Float.self), activation: epilogue.activation)
    plan.run(
      BlockedOperands(
        input: input.assumingMemoryBound(to: Float.self),
        weights: weights.assumingMemoryBound(to: Float.self), ending: ending,
        output: output.assumingMemoryBound(to: Float.self),
        workspace: workspace?.assumingMemoryBound(to: Float.self)), threadLimit: threadLimit)
  }

  /// The least channels on both sides, and tiles in an image, for which Winograd's filtering pays: its
  /// transformed weights are four times the weights, and every tile has to be worth reading them. With few
  /// tiles, smaller ones pay, whose weights are less than twice as many.
  private static let winogradChannels = 16
  private static let winogradTiles = 16
  private static let largeWinogradTiles = 24

  private static func sumMethod(
    _ weights: Weights, _ window: Window, isBlocked: Bool
  ) -> Method {
    let g = window.geometry
    guard isBlocked, weights.kernelHeight == 3, weights.kernelWidth == 3, g.stride.height == 1,
      g.stride.width == 1, g.dilation.height == 1, g.dilation.width == 1,
      min(weights.inputChannels, weights.outputChannels)
        >= max(winogradChannels, weights.width.lanes),
      weights.width.lanes > 1
    else { return .direct }
    let tiles = (g.output.height + 3) / 4 * ((g.output.width + 3) / 4)
    guard tiles >= winogradTiles else { return .direct }
    return .winograd(tile: tiles < largeWinogradTiles ? 2 : 4)
  }
}

/// The arrays of one run.
struct BlockedOperands {
  let input: UnsafePointer<Float>
  /// Packed.
  let weights: UnsafePointer<Float>
  let ending: BlockedEnding
  let output: UnsafeMutablePointer<Float>
  let workspace: UnsafeMutablePointer<Float>?
}

/// One way of computing a blocked convolution of known shape.
protocol BlockedConvolutionPlan: Sendable {
  /// Told apart by the layout of the packed weights.
  var name: String { get }
  /// Elements of the packed weights.
  var packedWeightsCount: Int { get }
  /// Elements of workspace.
  var workspaceCount: Int { get }
  func packWeights(
    _ weights: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, threadLimit: Int)
  func run(_ operands: BlockedOperands, threadLimit: Int)
}
