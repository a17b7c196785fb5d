internal import MRDLCore

/// The weights of one layer of Keras 1, to be laid out as in Keras 3.
///
/// Kernels of layers with the channels first have their outputs first, recurrent layers have arrays
/// for each gate, and LSTM has its gates in another order.
struct Keras1Weights {
  /// The class in the words of Keras 3, and its translated configuration.
  let className: String
  let config: KerasObject

  /// What stands behind the name of a layer in the name of a weight.
  static let names: Set<String> = [
    "W", "b", "U", "W_i", "U_i", "b_i", "W_f", "U_f", "b_f", "W_c", "U_c", "b_c", "W_o", "U_o",
    "b_o", "W_z", "U_z", "b_z", "W_r", "U_r", "b_r", "W_h", "U_h", "b_h", "gamma", "beta",
    "running_mean", "running_std", "alphas", "betas", "W_carry", "b_carry", "depthwise_kernel",
    "pointwise_kernel", "t_left", "a_left", "t_right", "a_right",
  ]

  private var isChannelsFirst: Bool { config["data_format"]?.text == "channels_first" }

  func converted(_ stored: [Tensor], _ k: KerasImporter) throws(MRDLError) -> [Tensor] {
    var tensors = stored
    switch className {
    case "Conv1D":
      guard let kernel = tensors.first, kernel.shape.rank == 4 else { return tensors }
      // [length, 1, in, out], or [out, in, length, 1] before Keras 1.1.
      let length = config["kernel_size"]?.integers.first
      let isNew = kernel.shape[1] == 1 && kernel.shape[0] == length
      let plain = isNew ? kernel : try k.permuted(kernel, [2, 3, 1, 0])
      tensors[0] = try k.reshaped(plain, [plain.shape[0], plain.shape[2], plain.shape[3]])
    case "Conv2D", "Conv3D":
      if isChannelsFirst { tensors = try kernelsLast(tensors, count: 1, k) }
    case "SeparableConv2D":
      if isChannelsFirst { tensors = try kernelsLast(tensors, count: 2, k) }
    case "Conv2DTranspose":
      guard let kernel = tensors.first, kernel.shape.rank == 4 else { return tensors }
      tensors[0] = try k.permuted(kernel, isChannelsFirst ? [2, 3, 0, 1] : [0, 1, 3, 2])
    case "GRU" where tensors.count == 9:
      // Kernel, recurrent kernel and bias for each of z, r, h.
      tensors = try joined(tensors, gates: [0, 1, 2], k)
    case "LSTM" where tensors.count == 12:
      tensors = try joined(tensors, gates: [0, 2, 1, 3], k)
    case "ConvLSTM2D" where tensors.count == 12:
      if isChannelsFirst {
        for index in tensors.indices where tensors[index].shape.rank == 4 {
          tensors[index] = try k.permuted(tensors[index], [2, 3, 1, 0])
        }
      }
      tensors = try joined(tensors, gates: [0, 2, 1, 3], k)
    default: break
    }
    return tensors
  }

  /// Kernels [out, in, spatial…] as [spatial…, in, out].
  private func kernelsLast(
    _ tensors: [Tensor], count: Int, _ k: KerasImporter
  ) throws(MRDLError) -> [Tensor] {
    var result = tensors
    for index in 0..<min(count, tensors.count) {
      let rank = tensors[index].shape.rank
      guard rank > 2 else {
        throw MRDLError(.badKeras, "a kernel has too few axes", found: "\(tensors[index].shape)")
      }
      result[index] = try k.permuted(tensors[index], Array(2..<rank) + [1, 0])
    }
    return result
  }

  /// Three arrays of all gates from three of each gate.
  ///
  /// - Parameter gates: the gates of the file in the order of Keras 3.
  private func joined(
    _ tensors: [Tensor], gates: [Int], _ k: KerasImporter
  ) throws(MRDLError) -> [Tensor] {
    var result: [Tensor] = []
    for part in 0..<3 {
      result.append(try k.concatenated(gates.map { tensors[$0 * 3 + part] }, axis: -1))
    }
    return result
  }
}
