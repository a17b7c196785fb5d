import MRDLCore
import MRDLNumerics
import Testing

/// Convolutions whose weights are not packed ahead, filtered in stacks of images.
@Suite(.enabled(if: BlockWidth.wide.lanes > 1)) struct StackedWinogradTests {
  static let cases = [
    WindowCase(
      "same", batch: 5, channels: 20, outputChannels: 35, input: [7, 7], kernel: [3, 3],
      begin: [1, 1]),
    WindowCase(
      "valid", batch: 9, channels: 33, outputChannels: 16, input: [10, 7], kernel: [3, 3]),
    WindowCase(
      "full", batch: 4, channels: 17, outputChannels: 18, input: [5, 9], kernel: [3, 3],
      begin: [2, 2]),
    WindowCase(
      "more above", batch: 6, channels: 16, outputChannels: 16, input: [6, 13], kernel: [3, 3],
      begin: [2, 0], end: [0, 2]),
    WindowCase(
      "more below", batch: 6, channels: 16, outputChannels: 16, input: [7, 7], kernel: [3, 3],
      begin: [0, 1], end: [1, 0]),
    WindowCase(
      "one", batch: 1, channels: 16, outputChannels: 20, input: [16, 15], kernel: [3, 3],
      begin: [1, 1]),
    // Two stacks, which have an image in common.
    WindowCase(
      "many", batch: 9, channels: 18, outputChannels: 16, input: [66, 63], kernel: [3, 3],
      begin: [1, 1]),
  ]

  @Test(arguments: cases) func convolutions(_ c: WindowCase) {
    let convolution = Convolution(
      .float32, batchCount: c.batch, inputChannels: c.channels, outputChannels: c.outputChannels,
      window: c.window)
    #expect(convolution.method == "Winograd 4×4, stacked")
    let tests = ConvolutionTests()
    let once = tests.check(
      c, activation: .none, packed: false, threadLimit: 1, tolerance: 4e-4, Float.self)
    let again = tests.check(c, activation: .none, packed: false, tolerance: 4e-4, Float.self)
    #expect(once == again, "threads show")
  }

  @Test(arguments: [
    WindowCase(
      "strided", channels: 32, outputChannels: 32, input: [32, 32], kernel: [3, 3],
      strides: [2, 2], begin: [1, 1]),
    WindowCase(
      "dilated", channels: 32, outputChannels: 32, input: [32, 32], kernel: [3, 3],
      dilations: [2, 1]),
    WindowCase(
      "wider window", channels: 32, outputChannels: 32, input: [32, 32], kernel: [3, 5]),
    WindowCase(
      "wider padding", channels: 32, outputChannels: 32, input: [32, 32], kernel: [3, 3],
      begin: [3, 3]),
    WindowCase(
      "groups", channels: 32, outputChannels: 32, groups: 2, input: [32, 32], kernel: [3, 3]),
    WindowCase("few channels", channels: 3, outputChannels: 32, input: [32, 32], kernel: [3, 3]),
    WindowCase(
      "few tiles", batch: 1, channels: 32, outputChannels: 32, input: [8, 8], kernel: [3, 3]),
    WindowCase(
      "volume", channels: 32, outputChannels: 32, input: [32, 32, 32], kernel: [1, 3, 3]),
  ]) func othersAreLeftAlone(_ c: WindowCase) {
    let convolution = Convolution(
      .float32, batchCount: c.batch, inputChannels: c.channels, outputChannels: c.outputChannels,
      groupCount: c.groups, window: c.window)
    #expect(!convolution.method.hasPrefix("Winograd"))
  }
}
