internal import CMRDLKernels
internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// The residual of the input of a convolution with windows of 3 × 3 at stride 1: the full convolution of the output's
/// residual with the kernel rotated by 180°, by Winograd's minimal filtering.
struct WinogradInputGradient: Kernel {
  private let geometry: ConvolutionGeometry
  private let filtering: StackedWinograd

  /// - Returns: nil where another way is better.
  init?(_ geometry: ConvolutionGeometry) {
    let g = geometry.window.geometry
    guard geometry.groupCount == 1, g.kernel.height == 3, g.kernel.width == 3,
      max(g.begin.height, g.end.height, g.begin.width, g.end.width) <= 2, g.output.depth == 1,
      let filtering = StackedWinograd(
        batchCount: geometry.batchCount, inputChannels: geometry.outputChannels,
        outputChannels: geometry.inputChannels,
        window: Window(
          input: [g.output.height, g.output.width], output: [g.input.height, g.input.width],
          kernel: [3, 3], strides: [g.stride.height, g.stride.width],
          dilations: [g.dilation.height, g.dilation.width],
          padsBegin: [2 - g.begin.height, 2 - g.begin.width],
          padsEnd: [2 - g.end.height, 2 - g.end.width]))
    else { return nil }
    self.geometry = geometry
    self.filtering = filtering
  }

  private var weightCount: Int { geometry.weightCount.roundedUp(toMultipleOf: 16) }

  /// The weights transposed and rotated, and what the filtering needs.
  var workspaceByteCount: Int {
    weightCount * MemoryLayout<Float>.stride + filtering.workspaceByteCount
  }

  var method: String? { filtering.method }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let residual = arguments.input(0, as: Float.self).baseAddress,
      let weights = arguments.input(2, as: Float.self).baseAddress,
      let result = arguments.output(0, as: Float.self).baseAddress,
      let workspace = arguments.workspace.assumingMemoryBound(to: Float.self).baseAddress
    else { return }
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let volume = geometry.window.kernelVolume
    for output in 0..<outputs {
      for input in 0..<inputs {
        let from = weights + (output * inputs + input) * volume
        let target = workspace + (input * outputs + output) * volume
        for place in 0..<volume { target[volume - 1 - place] = from[place] }
      }
    }
    filtering.run(
      input: residual, weights: workspace, bias: nil, output: result,
      workspace: workspace + weightCount, threadLimit: arguments.threadLimit)
  }
}
