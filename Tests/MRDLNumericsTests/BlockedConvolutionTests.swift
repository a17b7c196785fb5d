import MRDLCore
import MRDLNumerics
import Testing

/// Convolution and pooling of blocked tensors against the planar ones in float64.
@Suite struct BlockedConvolutionTests {
  static let cases =
    WindowCase.cases.filter {
      $0.input.count == 2
        && BlockedConvolution.supports(
          inputChannels: $0.channels, outputChannels: $0.outputChannels, groupCount: $0.groups)
    } + [
      WindowCase(
        "first layer", channels: 3, outputChannels: 40, input: [37, 41], kernel: [7, 7],
        strides: [2, 2], begin: [3, 3]),
      WindowCase(
        "bottleneck", channels: 70, outputChannels: 35, input: [15, 14], kernel: [1, 1],
        strides: [2, 2]),
      WindowCase(
        "wide", batch: 1, channels: 33, outputChannels: 130, input: [9, 61], kernel: [3, 3],
        begin: [1, 1]),
      WindowCase(
        "rounded up", channels: 5, outputChannels: 18, input: [7, 8], kernel: [3, 3],
        strides: [2, 2], begin: [1, 1], extra: 1),
      WindowCase(
        "high only", channels: 20, outputChannels: 20, input: [30, 3], kernel: [5, 1],
        strides: [3, 1], begin: [2, 0]),
      WindowCase(
        "depthwise many", channels: 37, outputChannels: 37, groups: 37, input: [19, 21],
        kernel: [5, 5], strides: [2, 1], begin: [2, 2]),
    ] + narrowWindows + shortRows

  /// Windows of single channels over rows that groups of outputs fill, fill in part, or do not fill.
  static let narrowWindows: [WindowCase] = (1...18).flatMap { width -> [WindowCase] in
    [3, 5].flatMap { narrowWindows(kernel: $0, width: width) }
  }

  private static func narrowWindows(kernel: Int, width: Int) -> [WindowCase] {
    func window(
      _ name: String, height: Int, strides: [Int], begin: Int, end: [Int]
    ) -> WindowCase {
      WindowCase(
        "depthwise \(kernel) \(name) \(width)", channels: 18, outputChannels: 18, groups: 18,
        input: [height, width], kernel: [kernel, kernel], strides: strides,
        begin: [begin, kernel / 2], end: end)
    }
    return [
      window(
        "over", height: kernel, strides: [1, 1 + width % 2], begin: 1, end: [0, kernel - 1]),
      // Pairs of rows, and one that is left.
      window("over 7 ×", height: 7, strides: [1, 1], begin: 1, end: [1, kernel / 2]),
      window(
        "at stride 2 over 11 ×", height: 11, strides: [2, 2], begin: 2, end: [0, kernel - 1]),
    ]
  }

  /// Rows so short that a tile holds pixels of two of them.
  static let shortRows = [(7, 7), (6, 7), (5, 4), (1, 3), (3, 1)].map { height, width in
    WindowCase(
      "short rows \(height)×\(width)", channels: 20, outputChannels: 70, input: [height, width],
      kernel: [3, 3], begin: [1, 1])
  }

  static let smallWindows = cases.filter {
    $0.groups == 1 && $0.kernel == [3, 3] && $0.strides == [1, 1] && $0.dilations == [1, 1]
  }

  struct Run {
    var readsPlanes = false
    var activation = Activation.none
    var method: BlockedConvolution.Method?
    var hasResidual = false
    var hasBias = true
    var threadLimit = 0
    var width = BlockWidth.wide
  }

  /// The result in planes, computed in blocks.
  func blocked(_ c: WindowCase, _ run: Run) -> [Float] {
    let window = c.window
    let input = BlockedLayout(
      batchCount: c.batch, channels: c.channels, pixels: window.inputVolume,
      width: run.width)
    let output = BlockedLayout(
      batchCount: c.batch, channels: c.outputChannels, pixels: window.outputVolume,
      width: run.width)
    let convolution = BlockedConvolution(
      batchCount: c.batch, inputChannels: c.channels, outputChannels: c.outputChannels,
      groupCount: c.groups, window: window, readsPlanes: run.readsPlanes,
      width: run.width,
      epilogue: Epilogue(addsResidual: run.hasResidual, activation: run.activation),
      method: run.method)
    let x: [Float] = numbers(c.batch * c.channels * window.inputVolume, seed: 1)
    let w: [Float] = numbers(
      c.outputChannels * (c.channels / c.groups) * window.kernelVolume, seed: 2)
    let bias: [Float] = numbers(c.outputChannels, seed: 3)
    let residual: [Float] = numbers(
      c.batch * c.outputChannels * window.outputVolume, seed: 4)
    func block(_ values: [Float], _ layout: BlockedLayout) -> Workspace {
      let count =
        layout.batchCount * layout.width.blockCount(channels: layout.channels) * layout.pixels
        * layout.width.lanes
      let blocks = Workspace(byteCount: count * 4)
      values.withUnsafeBytes {
        if let base = $0.baseAddress {
          layout.makeBlocks(of: base, into: blocks.base, threadLimit: 1)
        }
      }
      spoilLanes(of: blocks, layout)
      return blocks
    }
    let blockedInput = block(x, input)
    let blockedResidual = block(residual, output)
    let blockedOutput = Workspace(
      byteCount: c.batch * convolution.biasCount * window.outputVolume * 4)
    let packed = Workspace(byteCount: convolution.packedWeightsByteCount)
    let workspace = Workspace(byteCount: convolution.workspaceByteCount)
    let paddedBias =
      bias + [Float](repeating: 0, count: convolution.biasCount - bias.count)
    w.withUnsafeBytes {
      if let base = $0.baseAddress { convolution.packWeights(base, into: packed.base) }
    }
    x.withUnsafeBytes { planes in
      guard let planes = planes.baseAddress else { return }
      paddedBias.withUnsafeBytes { bias in
        convolution.run(
          input: run.readsPlanes ? planes : UnsafeRawPointer(blockedInput.base),
          weights: packed.base, bias: run.hasBias ? bias.baseAddress : nil,
          residual: run.hasResidual ? UnsafeRawPointer(blockedResidual.base) : nil,
          output: blockedOutput.base, workspace: workspace.base, threadLimit: run.threadLimit)
      }
    }
    return planes(of: blockedOutput, output)
  }

  /// Makes the lanes beyond the last channel NaN: no result may depend on them.
  func spoilLanes(of blocks: Workspace, _ layout: BlockedLayout) {
    let lanes = layout.width.lanes
    let used = layout.channels % lanes
    guard used > 0 else { return }
    let blockCount = layout.width.blockCount(channels: layout.channels)
    let elements = blocks.base.assumingMemoryBound(to: Float.self)
    for image in 0..<layout.batchCount {
      let last = elements + (image * blockCount + blockCount - 1) * layout.pixels * lanes
      for pixel in 0..<layout.pixels {
        for lane in used..<lanes { last[pixel * lanes + lane] = .nan }
      }
    }
  }

  func planes(of blocks: Workspace, _ layout: BlockedLayout) -> [Float] {
    var result = [Float](
      repeating: .nan, count: layout.batchCount * layout.channels * layout.pixels)
    result.withUnsafeMutableBytes {
      if let base = $0.baseAddress {
        layout.makePlanes(of: blocks.base, into: base, threadLimit: 1)
      }
    }
    return result
  }

  /// The same in planes and float64.
  func expected(_ c: WindowCase, _ run: Run) -> [Double] {
    let window = c.window
    let x: [Double] = numbers(c.batch * c.channels * window.inputVolume, seed: 1)
    let w: [Double] = numbers(
      c.outputChannels * (c.channels / c.groups) * window.kernelVolume, seed: 2)
    let bias: [Double] = numbers(c.outputChannels, seed: 3)
    let residual: [Double] = numbers(
      c.batch * c.outputChannels * window.outputVolume, seed: 4)
    let convolution = Convolution(
      .float64, batchCount: c.batch, inputChannels: c.channels,
      outputChannels: c.outputChannels, groupCount: c.groups, window: window)
    let workspace = Workspace(byteCount: convolution.workspaceByteCount)
    var y = [Double](repeating: 0, count: residual.count)
    x.withUnsafeBytes { x in
      w.withUnsafeBytes { w in
        bias.withUnsafeBytes { bias in
          y.withUnsafeMutableBytes { y in
            guard let x = x.baseAddress, let w = w.baseAddress, let y = y.baseAddress else {
              return
            }
            convolution.run(
              input: x, weights: w, bias: run.hasBias ? bias.baseAddress : nil, output: y,
              workspace: workspace.base, threadLimit: 1)
          }
        }
      }
    }
    return zip(y, residual).map { sum, residual in
      let v = run.hasResidual ? sum + residual : sum
      switch run.activation {
      case .relu: return max(v, 0)
      case .clip(let low, let high): return min(max(v, low), high)
      case .leakyRelu(let alpha): return v < 0 ? alpha * v : v
      default: return v
      }
    }
  }

  func check(_ c: WindowCase, _ run: Run, tolerance: Double) {
    let found = blocked(c, run)
    let wanted = expected(c, run)
    let scale = Double(c.channels / c.groups * c.window.kernelVolume).squareRoot()
    for (index, (found, wanted)) in zip(found, wanted).enumerated()
    where !(abs(Double(found) - wanted) <= tolerance * max(scale, 1)) {
      Issue.record("element \(index) is \(found), expected \(wanted)")
      return
    }
    #expect(found.count == wanted.count)
  }

  @Test(arguments: cases)
  func agreesWithPlanes(_ c: WindowCase) {
    let method: BlockedConvolution.Method? = c.groups == 1 ? .direct : nil
    for run in [
      Run(method: method), Run(method: method, hasBias: false),
      Run(activation: .relu, method: method, hasResidual: true),
      Run(activation: .clip(low: -0.5, high: 1), method: method, hasResidual: true),
      Run(activation: .leakyRelu(alpha: 0.25), method: method),
    ] {
      check(c, run, tolerance: 2e-6)
      var narrow = run
      narrow.width = .narrow
      check(c, narrow, tolerance: 2e-6)
    }
  }

  @Test(arguments: cases.filter { $0.groups == 1 })
  func readsPlanes(_ c: WindowCase) {
    check(c, Run(readsPlanes: true, activation: .relu), tolerance: 1e-6)
  }

  @Test(arguments: smallWindows, [2, 4])
  func winograd(_ c: WindowCase, tile: Int) {
    let tolerance = tile == 2 ? 2e-6 : 2e-5
    check(c, Run(method: .winograd(tile: tile)), tolerance: tolerance)
    check(
      c, Run(activation: .relu, method: .winograd(tile: tile), hasResidual: true),
      tolerance: tolerance)
    check(
      c, Run(activation: .leakyRelu(alpha: 0.25), method: .winograd(tile: tile)),
      tolerance: tolerance)
  }

  @Test(arguments: cases)
  func threadsDoNotShow(_ c: WindowCase) {
    var methods: [BlockedConvolution.Method?] = [nil]
    if Self.smallWindows.contains(where: { $0.name == c.name }) {
      methods += [.winograd(tile: 2), .winograd(tile: 4)]
    }
    for method in methods {
      let one = blocked(c, Run(method: method, threadLimit: 1))
      #expect(one.map(\.bitPattern) == blocked(c, Run(method: method)).map(\.bitPattern))
    }
  }

  @Test(arguments: WindowCase.poolingCases.filter { $0.input.count == 2 })
  func pooling(_ c: WindowCase) {
    let window = c.window
    let input = BlockedLayout(
      batchCount: c.batch, channels: c.channels, pixels: window.inputVolume)
    let output = BlockedLayout(
      batchCount: c.batch, channels: c.channels, pixels: window.outputVolume)
    let x: [Float] = numbers(c.batch * c.channels * window.inputVolume, seed: 5)
    let lanes = BlockWidth.wide.lanes * BlockWidth.wide.blockCount(channels: c.channels)
    let from = Workspace(byteCount: c.batch * lanes * window.inputVolume * 4)
    let to = Workspace(byteCount: c.batch * lanes * window.outputVolume * 4)
    for kind: Pooling.Kind in [
      .maximum, .average(countsPadding: true), .average(countsPadding: false),
    ] {
      var wanted = [Float](
        repeating: .nan, count: c.batch * c.channels * window.outputVolume)
      x.withUnsafeBytes { x in
        wanted.withUnsafeMutableBytes { y in
          guard let x = x.baseAddress, let y = y.baseAddress else { return }
          input.makeBlocks(of: x, into: from.base, threadLimit: 1)
          Pooling(.float32, kind, planeCount: c.batch * c.channels, window: window)
            .run(input: x, output: y, threadLimit: 1)
        }
      }
      BlockedPooling(kind, batchCount: c.batch, channels: c.channels, window: window)
        .run(input: from.base, output: to.base, threadLimit: 0)
      let found = planes(of: to, output)
      #expect(zip(found, wanted).allSatisfy { abs($0 - $1) <= 1e-6 || $0 == $1 }, "\(kind)")
    }
  }
}
