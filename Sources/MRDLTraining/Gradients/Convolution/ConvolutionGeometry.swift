internal import MRDLNumerics

/// The sizes of a convolution, seen from its gradients.
struct ConvolutionGeometry: Sendable {
  let batchCount: Int
  let inputChannels: Int
  let outputChannels: Int
  let groupCount: Int
  let window: Window

  /// Input channels of one group.
  var groupChannels: Int { inputChannels / groupCount }
  /// Output channels of one group: the rows of its matrix of weights.
  var groupRows: Int { outputChannels / groupCount }
  /// Places in the window over all channels of a group: the columns of that matrix.
  var placeCount: Int { groupChannels * window.kernelVolume }
  /// The elements of the weights.
  var weightCount: Int { outputChannels * placeCount }

  /// Where the channels of a group begin in the input.
  func inputStart(image: Int, group: Int) -> Int {
    (image * inputChannels + group * groupChannels) * window.inputVolume
  }

  /// Where the channels of a group begin in the output.
  func outputStart(image: Int, group: Int) -> Int {
    (image * outputChannels + group * groupRows) * window.outputVolume
  }
}
