import MRDLCore
import MRDLNumerics
import Testing

/// A case of convolution or pooling, with one to three spatial axes.
struct WindowCase: Sendable, CustomTestStringConvertible {
  var name: String
  var batch = 2
  var channels = 3
  var outputChannels = 4
  var groups = 1
  var input: [Int]
  var kernel: [Int]
  var strides: [Int]
  var dilations: [Int]
  var begin: [Int]
  var end: [Int]
  /// Output positions beyond what whole windows give, as rounding up does.
  var extra = 0

  init(
    _ name: String, batch: Int = 2, channels: Int = 3, outputChannels: Int = 4, groups: Int = 1,
    input: [Int], kernel: [Int], strides: [Int]? = nil, dilations: [Int]? = nil,
    begin: [Int]? = nil, end: [Int]? = nil, extra: Int = 0
  ) {
    self.name = name
    self.batch = batch
    self.channels = channels
    self.outputChannels = outputChannels
    self.groups = groups
    self.input = input
    self.kernel = kernel
    let rank = input.count
    self.strides = strides ?? [Int](repeating: 1, count: rank)
    self.dilations = dilations ?? [Int](repeating: 1, count: rank)
    self.begin = begin ?? [Int](repeating: 0, count: rank)
    self.end = end ?? begin ?? [Int](repeating: 0, count: rank)
    self.extra = extra
  }

  var testDescription: String { name }

  var output: [Int] {
    (0..<input.count).map { axis in
      (input[axis] + begin[axis] + end[axis] - (kernel[axis] - 1) * dilations[axis] - 1)
        / strides[axis] + 1 + extra
    }
  }

  var window: Window {
    Window(
      input: input, output: output, kernel: kernel, strides: strides, dilations: dilations,
      padsBegin: begin, padsEnd: end)
  }

  /// The positions of a box, outermost axis first.
  static func positions(_ extents: [Int]) -> [[Int]] {
    extents.reduce([[]]) { list, extent in
      list.flatMap { start in (0..<extent).map { start + [$0] } }
    }
  }

  /// What the window at an output position sees: a place in the kernel, its index in the input (nil in the
  /// padding), and whether it lies inside the padded input.
  func seen(_ position: [Int]) -> [(place: Int, input: Int?, inPadded: Bool)] {
    WindowCase.positions(kernel).enumerated().map { place, tap in
      var index = 0
      var inside = true
      var padded = true
      for axis in 0..<input.count {
        let at = position[axis] * strides[axis] - begin[axis] + tap[axis] * dilations[axis]
        if at < 0 || at >= input[axis] { inside = false }
        if at >= input[axis] + end[axis] { padded = false }
        index = index * input[axis] + at
      }
      return (place, inside ? index : nil, padded)
    }
  }

  static let cases = [
    WindowCase("LeNet", channels: 1, outputChannels: 6, input: [28, 28], kernel: [5, 5]),
    WindowCase("one", channels: 1, outputChannels: 1, input: [1, 1], kernel: [1, 1]),
    WindowCase("pointwise", channels: 17, outputChannels: 19, input: [7, 9], kernel: [1, 1]),
    WindowCase("same", input: [9, 35], kernel: [3, 3], begin: [1, 1]),
    WindowCase(
      "strided", input: [11, 40], kernel: [3, 3], strides: [2, 2], begin: [1, 1], end: [0, 2]),
    WindowCase(
      "by three", input: [14, 70], kernel: [4, 2], strides: [3, 3], begin: [2, 0], end: [1, 1]),
    WindowCase("dilated", input: [12, 41], kernel: [3, 3], dilations: [2, 3], begin: [2, 3]),
    WindowCase(
      "groups", channels: 6, outputChannels: 4, groups: 2, input: [8, 8], kernel: [3, 3],
      begin: [1, 0], end: [0, 1]),
    WindowCase(
      "depthwise", channels: 5, outputChannels: 5, groups: 5, input: [13, 37], kernel: [3, 3],
      begin: [1, 1]),
    WindowCase(
      "depthwise strided", channels: 5, outputChannels: 5, groups: 5, input: [13, 74],
      kernel: [5, 3], strides: [2, 2], begin: [2, 1], end: [2, 0]),
    WindowCase(
      "depthwise doubled", channels: 4, outputChannels: 8, groups: 4, input: [6, 6],
      kernel: [3, 3]),
    WindowCase("wide padding", input: [3, 2], kernel: [5, 5], begin: [4, 4], end: [3, 4]),
    WindowCase("signal", input: [50], kernel: [7], strides: [2], begin: [3]),
    WindowCase("volume", input: [5, 6, 9], kernel: [2, 3, 3], begin: [1, 1, 1]),
    WindowCase(
      "volume strided", input: [7, 6, 20], kernel: [3, 2, 2], strides: [2, 1, 2],
      dilations: [1, 2, 3]),
    WindowCase(
      "many channels", batch: 1, channels: 70, outputChannels: 33, input: [6, 6], kernel: [3, 3],
      begin: [1, 1]),
    WindowCase("no images", batch: 0, input: [5, 5], kernel: [3, 3]),
    // Rows of an output that end with a whole register, with half of one, with more and with less.
    WindowCase(
      "half a register", channels: 6, outputChannels: 12, input: [12, 12], kernel: [5, 5]),
    WindowCase("whole registers", outputChannels: 17, input: [9, 34], kernel: [2, 3]),
    WindowCase("beyond half", outputChannels: 29, input: [7, 30], kernel: [3, 3]),
    WindowCase("shorter than a register", input: [9, 13], kernel: [3, 3]),
    WindowCase(
      "narrower than half", channels: 8, outputChannels: 12, groups: 2, input: [7, 7],
      kernel: [3, 3], begin: [1, 1], end: [1, 1]),
    WindowCase("narrower, bare", outputChannels: 15, input: [9, 7], kernel: [3, 2]),
    WindowCase(
      "narrower volume", outputChannels: 5, input: [4, 5, 6], kernel: [2, 3, 3],
      begin: [1, 1, 1], end: [0, 1, 1]),
    WindowCase("narrower signal", outputChannels: 5, input: [8], kernel: [3]),
    WindowCase("bands", channels: 8, outputChannels: 9, input: [90, 61], kernel: [3, 3]),
    WindowCase(
      "padded bands", channels: 8, outputChannels: 9, input: [90, 61], kernel: [5, 3],
      dilations: [3, 2], begin: [7, 1], end: [6, 2]),
    WindowCase(
      "long signal", channels: 5, outputChannels: 6, input: [5003], kernel: [9], begin: [4],
      end: [4]),
    WindowCase(
      "long signal in groups", channels: 6, outputChannels: 8, groups: 2, input: [2049],
      kernel: [33], dilations: [3]),
    WindowCase(
      "thick volume", channels: 4, outputChannels: 5, input: [6, 20, 26], kernel: [3, 3, 3],
      dilations: [2, 1, 1], begin: [2, 1, 1], end: [1, 0, 1]),
  ]

  static let poolingCases =
    cases.filter { $0.channels < 20 } + [
      WindowCase("halves", input: [24, 24], kernel: [2, 2], strides: [2, 2]),
      WindowCase("halves, wide", input: [6, 70], kernel: [2, 2], strides: [2, 2]),
      WindowCase("halves, odd", input: [7, 9], kernel: [2, 2], strides: [2, 2]),
      WindowCase(
        "halves, padded", input: [7, 39], kernel: [2, 2], strides: [2, 2], begin: [1, 1],
        end: [0, 0]),
      WindowCase(
        "rounded up", input: [7, 8], kernel: [3, 3], strides: [2, 2], begin: [1, 1], end: [1, 1],
        extra: 1),
    ]
}

@Suite struct ConvolutionTests {
  func check<Scalar: Real>(
    _ c: WindowCase, activation: Activation, addsResidual: Bool = false, packed: Bool,
    threadLimit: Int = 0, tolerance: Double, _: Scalar.Type
  ) -> [Scalar] {
    let window = c.window
    let x: [Scalar] = numbers(c.batch * c.channels * window.inputVolume, seed: 1)
    let depth = c.channels / c.groups
    let w: [Scalar] = numbers(c.outputChannels * depth * window.kernelVolume, seed: 2)
    let bias: [Scalar] = numbers(c.outputChannels, seed: 3)
    let count = c.batch * c.outputChannels * window.outputVolume
    let residual: [Scalar] = numbers(count, seed: 4)
    var y = [Scalar](repeating: .nan, count: count + 1)
    let isDepthwise = c.groups == c.channels && c.groups == c.outputChannels
    let convolution = Convolution(
      Scalar.scalarType, batchCount: c.batch, inputChannels: c.channels,
      outputChannels: c.outputChannels, groupCount: c.groups, window: window,
      epilogue: Epilogue(addsResidual: addsResidual, activation: activation),
      weightsArePacked: packed && !isDepthwise)
    let workspace = Workspace(byteCount: convolution.workspaceByteCount)
    let packedWeights = Workspace(byteCount: convolution.packedWeightsByteCount)
    if convolution.weightsArePacked { convolution.packWeights(w, into: packedWeights.base) }
    w.withUnsafeBytes { w in
      guard let w = w.baseAddress else { return }
      let weights = convolution.weightsArePacked ? UnsafeRawPointer(packedWeights.base) : w
      if addsResidual && convolution.residualMayBeOutput {
        y.replaceSubrange(..<count, with: residual)
        y.withUnsafeMutableBytes { y in
          guard let y = y.baseAddress else { return }
          convolution.run(
            input: x, weights: weights, bias: bias, residual: UnsafeRawPointer(y), output: y,
            workspace: workspace.base, threadLimit: threadLimit)
        }
      } else {
        residual.withUnsafeBytes { residual in
          convolution.run(
            input: x, weights: weights, bias: bias,
            residual: addsResidual ? residual.baseAddress : nil, output: &y,
            workspace: workspace.base, threadLimit: threadLimit)
        }
      }
    }
    #expect(y.removeLast().isNaN, "an element past the end was written")
    var worst = 0.0
    let positions = WindowCase.positions(c.output)
    for image in 0..<c.batch {
      for m in 0..<c.outputChannels {
        let group = m / (c.outputChannels / c.groups)
        for (index, position) in positions.enumerated() {
          let element = (image * c.outputChannels + m) * window.outputVolume + index
          var sum = Double(bias[m]) + (addsResidual ? Double(residual[element]) : 0)
          for (place, at, _) in c.seen(position) {
            guard let at else { continue }
            for d in 0..<depth {
              let channel = image * c.channels + group * depth + d
              sum +=
                Double(x[channel * window.inputVolume + at])
                * Double(w[(m * depth + d) * window.kernelVolume + place])
            }
          }
          let result = y[element]
          worst = max(worst, abs(activation.value(sum) - Double(result)))
        }
      }
    }
    #expect(worst <= tolerance, "the largest error is \(worst)")
    return y
  }

  @Test(arguments: WindowCase.cases)
  func convolutions(_ c: WindowCase) {
    let once = check(
      c, activation: .none, packed: false, threadLimit: 1, tolerance: 1e-4, Float.self)
    let again = check(c, activation: .none, packed: true, tolerance: 1e-4, Float.self)
    #expect(once == again, "threads or packing show")
    _ = check(c, activation: .sigmoid, packed: true, tolerance: 1e-12, Double.self)
    _ = check(c, activation: .relu, packed: false, tolerance: 1e-12, Double.self)
    _ = check(
      c, activation: .relu, addsResidual: true, packed: true, tolerance: 1e-4, Float.self)
    _ = check(
      c, activation: .hardSwish, addsResidual: true, packed: false, tolerance: 1e-12, Double.self)
  }
}

@Suite struct PoolingTests {
  func run<Scalar: Real>(
    _ c: WindowCase, _ kind: Pooling.Kind, _ x: [Scalar]
  ) -> [Scalar] {
    let pooling = Pooling(
      Scalar.scalarType, kind, planeCount: c.batch * c.channels, window: c.window)
    var y = [Scalar](
      repeating: .nan, count: c.batch * c.channels * c.window.outputVolume + 1)
    pooling.run(input: x, output: &y, threadLimit: 0)
    #expect(y.removeLast().isNaN, "an element past the end was written")
    return y
  }

  func check<Scalar: Real>(_ c: WindowCase, tolerance: Double, _: Scalar.Type) {
    let window = c.window
    let planes = c.batch * c.channels
    let x: [Scalar] = numbers(planes * window.inputVolume, seed: 1)
    let largest = run(c, .maximum, x)
    let mean = run(c, .average(countsPadding: false), x)
    let paddedMean = run(c, .average(countsPadding: true), x)
    var worst = 0.0
    for plane in 0..<planes {
      for (index, position) in WindowCase.positions(c.output).enumerated() {
        let seen = c.seen(position)
        let values = seen.compactMap { $0.input.map { x[plane * window.inputVolume + $0] } }
        let at = plane * window.outputVolume + index
        #expect(largest[at] == values.max() ?? -.infinity)
        let sum = values.reduce(0.0) { $0 + Double($1) }
        let divisor = Double(seen.count { $0.inPadded })
        worst = max(
          worst, abs(Double(mean[at]) - (values.isEmpty ? 0 : sum / Double(values.count))),
          abs(Double(paddedMean[at]) - (divisor == 0 ? 0 : sum / divisor)))
      }
    }
    #expect(worst <= tolerance, "the largest error is \(worst)")
  }

  @Test(arguments: WindowCase.poolingCases)
  func pooling(_ c: WindowCase) {
    check(c, tolerance: 1e-6, Float.self)
    check(c, tolerance: 1e-14, Double.self)
  }

  @Test func notANumberWins() {
    let c = WindowCase(
      "halves", batch: 1, channels: 1, input: [2, 40], kernel: [2, 2], strides: [2, 2])
    for place in 0..<80 {
      var x: [Float] = numbers(80, seed: 1)
      x[place] = .nan
      let y = run(c, .maximum, x)
      #expect(y.indices.filter { y[$0].isNaN } == [place % 40 / 2])
    }
  }
}
