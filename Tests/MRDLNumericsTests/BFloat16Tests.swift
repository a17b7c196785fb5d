import MRDLCore
import MRDLNumerics
import Testing

/// Products and convolutions in bfloat16 against sums in double precision of the rounded numbers; nothing to test
/// where the processor lacks the instructions.
@Suite struct BFloat16Tests {
  private func rounded(_ values: [Float]) -> [Double] { values.map { Double(BFloat16($0).float) } }

  /// Numbers that bfloat16 does not hold.
  private func finer(_ count: Int, seed: UInt64) -> [Float] {
    (numbers(count, seed: seed) as [Float]).map { $0 * 1.0137 }
  }

  @Test(arguments: [(1, 5, 3), (1, 300, 784), (7, 33, 17), (30, 70, 64), (3, 16, 1)])
  func products(rows: Int, columns: Int, depth: Int) {
    let epilogue = Epilogue(addsResidual: true, activation: .clip(low: -1, high: 1.5))
    guard
      let product = BFloat16Product(
        rows: rows, columns: columns, depth: depth, epilogue: epilogue)
    else { return }
    let (a, b) = (finer(rows * depth, seed: 1), finer(depth * columns, seed: 2))
    let bias = finer(columns, seed: 3)
    let residual = finer(rows * columns, seed: 4)
    let padded = bias + [Float](repeating: 0, count: product.paddedColumns - columns)
    let (left, right) = (rounded(a), rounded(b))
    let packed = Workspace(byteCount: product.packedRightByteCount)
    b.withUnsafeBytes {
      guard let base = $0.baseAddress else { return }
      product.packRight(base, rowStride: columns, columnStride: 1, into: packed.base)
    }
    for threads in [1, 0] {
      let workspace = Workspace(byteCount: product.workspaceByteCount)
      var found = residual
      found.withUnsafeMutableBytes { found in
        a.withUnsafeBytes { a in
          padded.withUnsafeBytes { bias in
            guard let target = found.baseAddress, let a = a.baseAddress else { return }
            // In place of the residual.
            product.run(
              left: a, right: packed.base, bias: bias.baseAddress,
              residual: UnsafeRawPointer(target), output: target, workspace: workspace.base,
              threadLimit: threads)
          }
        }
      }
      for row in 0..<rows {
        for column in 0..<columns {
          var sum = Double(bias[column]) + Double(residual[row * columns + column])
          for k in 0..<depth { sum += left[row * depth + k] * right[k * columns + column] }
          let expected = min(max(sum, -1), 1.5)
          #expect(abs(Double(found[row * columns + column]) - expected) < 1e-4)
        }
      }
    }
  }

  /// Lanes without a channel may hold anything.
  private func spoilLanes(
    of blocks: UnsafeMutableRawPointer, batch: Int, channels: Int, pixels: Int
  ) {
    let elements = blocks.assumingMemoryBound(to: Float.self)
    let lanes = BlockWidth.wide.paddedChannels(1)
    let count = BlockWidth.wide.paddedChannels(channels) / lanes
    for image in 1...batch {
      let last = elements + (image * count - 1) * pixels * lanes
      for lane in channels - (count - 1) * lanes..<lanes {
        for pixel in 0..<pixels { last[pixel * lanes + lane] = .nan }
      }
    }
  }

  /// Rows of one run of pixels and of some, short ones, and ones that follow each other in the input.
  static let runs = [
    ("short", 96, 64, [7, 8], [3, 3], 1), ("a run and a bit", 32, 40, [5, 17], [3, 3], 1),
    ("whole runs", 48, 16, [3, 32], [1, 3], 1), ("apart", 64, 96, [14, 14], [1, 1], 2),
    ("flat", 80, 48, [7, 7], [1, 1], 1), ("many", 64, 33, [9, 50], [3, 3], 2),
  ].map { name, channels, outputs, input, kernel, stride in
    WindowCase(
      name, batch: 2, channels: channels, outputChannels: outputs, input: input, kernel: kernel,
      strides: [stride, stride], begin: [kernel[0] / 2, kernel[1] / 2])
  }

  @Test(
    arguments: BlockedConvolutionTests.cases.filter { $0.groups == 1 && $0.channels >= 8 } + runs)
  func convolutions(_ c: WindowCase) {
    let window = c.window
    let blocked = BlockedConvolution(
      batchCount: c.batch, inputChannels: c.channels, outputChannels: c.outputChannels,
      window: window, epilogue: Epilogue(activation: .relu), method: .direct)
    guard let convolution = BFloat16Convolution(blocked) else { return }
    let x = finer(c.batch * c.channels * window.inputVolume, seed: 1)
    let w = finer(c.outputChannels * c.channels * window.kernelVolume, seed: 2)
    let input = BlockedLayout(
      batchCount: c.batch, channels: c.channels, pixels: window.inputVolume)
    let output = BlockedLayout(
      batchCount: c.batch, channels: c.outputChannels, pixels: window.outputVolume)
    let blocks = Workspace(
      byteCount: c.batch * BlockWidth.wide.paddedChannels(c.channels) * window.inputVolume * 4)
    let packed = Workspace(byteCount: convolution.packedWeightsByteCount)
    x.withUnsafeBytes {
      if let base = $0.baseAddress { input.makeBlocks(of: base, into: blocks.base, threadLimit: 1) }
    }
    spoilLanes(of: blocks.base, batch: c.batch, channels: c.channels, pixels: window.inputVolume)
    w.withUnsafeBytes {
      if let base = $0.baseAddress { convolution.packWeights(base, into: packed.base) }
    }
    let results = Workspace(byteCount: c.batch * blocked.biasCount * window.outputVolume * 4)
    let workspace = Workspace(byteCount: convolution.workspaceByteCount)
    convolution.run(
      input: blocks.base, weights: packed.base, bias: nil, residual: nil, output: results.base,
      workspace: workspace.base, threadLimit: 0)
    var found = [Float](
      repeating: 0, count: c.batch * c.outputChannels * window.outputVolume)
    found.withUnsafeMutableBytes {
      if let base = $0.baseAddress {
        output.makePlanes(of: results.base, into: base, threadLimit: 1)
      }
    }
    let (values, weights) = (rounded(x), rounded(w))
    var index = 0
    for image in 0..<c.batch {
      for channel in 0..<c.outputChannels {
        for position in WindowCase.positions(c.output) {
          var sum = 0.0
          let taps = c.seen(position)
          for source in 0..<c.channels {
            let plane = (image * c.channels + source) * window.inputVolume
            for tap in taps {
              guard let place = tap.input else { continue }
              sum +=
                values[plane + place]
                * weights[(channel * c.channels + source) * window.kernelVolume + tap.place]
            }
          }
          #expect(abs(Double(found[index]) - max(sum, 0)) < 2e-4)
          index += 1
        }
      }
    }
  }
}
