import MRDLCore
import MRDLNumerics
import Testing

/// Convolutions computed by bands are the same ones, one after the other, bit by bit.
@Suite struct ExpandedDepthwiseTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var batch = 1
    var channels = 10
    var expanded: Int
    var readsPlanes = false
    var input: [Int]
    var kernel = 3
    var stride = 1
    var dilation = 1
    var begin: [Int]
    var end: [Int]
    var activation = Activation.clip(low: 0, high: 6)
  }

  static let cases = [
    Case(
      testDescription: "one band", expanded: 70, input: [9, 11], begin: [1, 1], end: [1, 1]),
    Case(
      testDescription: "many bands", expanded: 40, input: [150, 90], begin: [1, 1], end: [1, 1]),
    Case(
      testDescription: "stride 2, rounded up", batch: 2, expanded: 33, input: [201, 112], stride: 2,
      begin: [0, 0], end: [1, 1]),
    Case(
      testDescription: "five wide, dilated", expanded: 20, input: [120, 130], kernel: 5,
      dilation: 3,
      begin: [6, 6], end: [6, 6], activation: .leakyRelu(alpha: 0.25)),
    Case(
      testDescription: "rows that see nothing", expanded: 16, input: [3, 20], begin: [9, 1],
      end: [9, 1], activation: .none),
    Case(
      testDescription: "of planes", batch: 2, channels: 3, expanded: 20, readsPlanes: true,
      input: [181, 180], begin: [1, 1], end: [1, 1], activation: .relu),
  ]

  private static func window(_ input: [Int], _ c: Case) -> Window {
    let output = (0..<2).map {
      (input[$0] + c.begin[$0] + c.end[$0] - (c.kernel - 1) * c.dilation - 1) / c.stride + 1
    }
    return Window(
      input: input, output: output, kernel: [c.kernel, c.kernel], strides: [c.stride, c.stride],
      dilations: [c.dilation, c.dilation], padsBegin: c.begin, padsEnd: c.end)
  }

  /// The first convolution: a product for each pixel, or windows of three at stride 2 of an input of planes.
  private static func firstWindow(_ c: Case) -> Window {
    guard c.readsPlanes else {
      return Window(
        input: c.input, output: c.input, kernel: [1, 1], strides: [1, 1], dilations: [1, 1],
        padsBegin: [0, 0], padsEnd: [0, 0])
    }
    return Window(
      input: c.input, output: c.input.map { ($0 + 1) / 2 }, kernel: [3, 3], strides: [2, 2],
      dilations: [1, 1], padsBegin: [1, 1], padsEnd: [1, 1])
  }

  @Test(arguments: cases, [BlockWidth.wide, .narrow]) func isBothConvolutions(
    _ c: Case, width: BlockWidth
  ) {
    let first = Self.firstWindow(c)
    let middle = c.readsPlanes ? c.input.map { ($0 + 1) / 2 } : c.input
    let expansion = BlockedConvolution(
      batchCount: c.batch, inputChannels: c.channels, outputChannels: c.expanded, window: first,
      readsPlanes: c.readsPlanes, width: width, epilogue: Epilogue(activation: c.activation))
    let depthwise = BlockedConvolution(
      batchCount: c.batch, inputChannels: c.expanded, outputChannels: c.expanded,
      groupCount: c.expanded, window: Self.window(middle, c), width: width,
      epilogue: Epilogue(activation: c.activation))
    let joined = ExpandedDepthwise(expansion: expansion, depthwise: depthwise)

    let inputLanes = c.readsPlanes ? c.channels : width.paddedChannels(c.channels)
    let x: [Float] = numbers(c.batch * inputLanes * first.inputVolume, seed: 1)
    let firstPart = Part(expansion, weightCount: c.channels * first.kernelVolume, seed: 2)
    let secondPart = Part(depthwise, weightCount: c.kernel * c.kernel, seed: 4)
    let lanes = width.paddedChannels(c.expanded)
    let between = Workspace(byteCount: c.batch * lanes * first.outputVolume * 4)
    let count = c.batch * lanes * depthwise.window.outputVolume
    let wanted = Workspace(byteCount: count * 4)
    x.withUnsafeBytes { x in
      guard let x = x.baseAddress else { return }
      firstPart.run(x, into: between)
      secondPart.run(between.base, into: wanted)
      for threads in [1, 0] {
        let found = Workspace(byteCount: count * 4)
        let workspace = Workspace(byteCount: joined.workspaceByteCount)
        joined.run(
          input: x, expansion: firstPart.parameters, depthwise: secondPart.parameters,
          output: found.base, workspace: workspace.base, threadLimit: threads)
        #expect(values(found, count) == values(wanted, count), "threads \(threads)")
      }
      for addsResidual in [false, true] {
        checkProjection(
          x, wanted, (firstPart, secondPart), channels: 13, addsResidual: addsResidual,
          c.testDescription)
      }
    }
  }

  /// The same with a third convolution.
  ///
  /// - Parameter given: what the second one gives.
  private func checkProjection(
    _ x: UnsafeRawPointer, _ given: Workspace, _ parts: (Part, Part), channels: Int,
    addsResidual: Bool, _ name: String
  ) {
    let depthwise = parts.1.convolution
    let image = depthwise.outputImage
    let projection = BlockedConvolution(
      batchCount: depthwise.batchCount, inputChannels: depthwise.weights.outputChannels,
      outputChannels: channels,
      window: Window(
        input: image, output: image, kernel: [1, 1], strides: [1, 1], dilations: [1, 1],
        padsBegin: [0, 0], padsEnd: [0, 0]), width: depthwise.weights.width,
      epilogue: Epilogue(addsResidual: addsResidual, activation: .tanh))
    let third = Part(projection, weightCount: depthwise.weights.outputChannels, seed: 6)
    let joined = ExpandedDepthwise(
      expansion: parts.0.convolution, depthwise: depthwise, projection: projection)
    let count = depthwise.batchCount * projection.biasCount * projection.window.outputVolume
    let residual: [Float] = numbers(count, seed: 8)
    let wanted = Workspace(byteCount: count * 4)
    residual.withUnsafeBytes { residual in
      let residual = addsResidual ? residual.baseAddress : nil
      third.run(given.base, residual: residual, into: wanted)
      for threads in [1, 0] {
        let found = Workspace(byteCount: count * 4)
        let workspace = Workspace(byteCount: joined.workspaceByteCount)
        joined.run(
          input: x, expansion: parts.0.parameters, depthwise: parts.1.parameters,
          projection: third.parameters, residual: residual, output: found.base,
          workspace: workspace.base, threadLimit: threads)
        #expect(
          values(found, count) == values(wanted, count),
          "\(name), threads \(threads), with a residual: \(addsResidual)")
      }
    }
  }

  private func values(_ workspace: Workspace, _ count: Int) -> [Float] {
    let elements = workspace.base.assumingMemoryBound(to: Float.self)
    return Array(UnsafeBufferPointer(start: elements, count: count))
  }

  /// A convolution with weights and biases of its own.
  private struct Part {
    let convolution: BlockedConvolution
    let weights: Workspace
    let bias: Workspace

    /// - Parameter weightCount: for each output channel.
    init(_ convolution: BlockedConvolution, weightCount: Int, seed: UInt64) {
      self.convolution = convolution
      weights = Workspace(byteCount: convolution.packedWeightsByteCount)
      bias = Workspace(byteCount: convolution.biasCount * 4)
      let w: [Float] = numbers(convolution.weights.outputChannels * weightCount, seed: seed)
      let b: [Float] = numbers(convolution.biasCount, seed: seed + 1)
      w.withUnsafeBytes { [weights] in
        if let base = $0.baseAddress { convolution.packWeights(base, into: weights.base) }
      }
      b.withUnsafeBytes { [bias] in
        if let base = $0.baseAddress { bias.base.copyMemory(from: base, byteCount: $0.count) }
      }
    }

    var parameters: ExpandedDepthwise.Parameters {
      ExpandedDepthwise.Parameters(weights: weights.base, bias: bias.base)
    }

    func run(
      _ input: UnsafeRawPointer, residual: UnsafeRawPointer? = nil, into output: Workspace
    ) {
      let workspace = Workspace(byteCount: convolution.workspaceByteCount)
      convolution.run(
        input: input, weights: weights.base, bias: bias.base, residual: residual,
        output: output.base,
        workspace: workspace.base, threadLimit: 1)
    }
  }
}
