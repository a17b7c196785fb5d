internal import MRDLCore

/// The program that wrote a model: what layers mean and how weights lie depends on it.
struct KerasOrigin {
  let majorVersion: Int
  let minorVersion: Int
  /// Whether it is the Keras that is a part of TensorFlow, as far as the version tells.
  private let isOfTensorFlow: Bool
  /// Whether convolutions turn their kernels around, as Theano does.
  let turnsKernels: Bool

  /// - Parameters:
  ///   - version: the version that the file states; empty where it states none.
  ///   - backend: what computed the layers; empty where the file states nothing.
  ///   - config: the architecture, whose words tell Keras 1 where the file states no version.
  init(version: String, backend: String, config: KerasObject) {
    let numbers = version.split(separator: ".").map { Int($0.prefix { $0.isNumber }) ?? 0 }
    minorVersion = numbers.count > 1 ? numbers[1] : 0
    if let number = numbers.first {
      majorVersion = max(1, min(number, 3))
    } else {
      majorVersion = Keras1Architecture.isWritten(in: config) ? 1 : 2
    }
    isOfTensorFlow = version.hasSuffix("-tf") || (majorVersion == 2 && minorVersion >= 4)
    turnsKernels = backend == "theano"
  }

  /// Whether Bidirectional gives zeros for steps that do not count, and not what the step before gave.
  var zeroesMaskedSteps: Bool { majorVersion == 3 || isOfTensorFlow }

  /// The weights of a layer in the layout of Keras 3.
  ///
  /// - Throws: `MRDL6006` for arrays that do not have the axes of their layout.
  func weights(
    _ stored: [Tensor], of layer: KerasLayer, _ k: KerasImporter
  ) throws(MRDLError) -> [Tensor] {
    guard majorVersion < 3 else { return stored }
    // A wrapper keeps the weights of the layer inside it.
    let inner = layer.config["layer"]
    let className = inner?["class_name"]?.text ?? layer.className
    let config = inner?["config"] ?? layer.config
    var tensors = stored
    if majorVersion == 1 {
      tensors = try Keras1Weights(className: className, config: config).converted(stored, k)
    }
    if turnsKernels, Self.turned.contains(className) {
      // Only the recurrent layer has a second kernel.
      let kernelCount = className.hasPrefix("ConvLSTM") ? 2 : 1
      for index in 0..<min(kernelCount, tensors.count) {
        tensors[index] = try Self.turned(tensors[index])
      }
    }
    return try Self.withPlainGates(tensors, className)
  }

  private static let turned: Set<String> = [
    "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "ConvLSTM2D",
  ]

  /// A kernel [spatial…, in, out] with the spatial axes reversed.
  private static func turned(_ kernel: Tensor) throws(MRDLError) -> Tensor {
    let extents = kernel.shape.dimensions
    guard extents.count > 2 else {
      throw MRDLError(.badKeras, "a kernel has too few axes", found: "\(kernel.shape)")
    }
    // All spatial axes reversed is their places as one axis reversed.
    let block = extents.suffix(2).reduce(1, *)
    let source = kernel.elements(as: Float.self)
    guard block > 0 else { return kernel }
    var target: [Float] = []
    target.reserveCapacity(source.count)
    for place in stride(from: source.count / block - 1, through: 0, by: -1) {
      target += source[(place * block)..<((place + 1) * block)]
    }
    return Tensor(target, shape: kernel.shape)
  }

  /// LSTM and GRU as cuDNN has them, which their biases tell, in the layout of other layers.
  ///
  /// cuDNN keeps kernels [out, in] for each gate, and biases for inputs and for states.
  private static func withPlainGates(
    _ tensors: [Tensor], _ className: String
  ) throws(MRDLError) -> [Tensor] {
    let gateCount: Int
    switch className {
    case "LSTM", "CuDNNLSTM": gateCount = 4
    case "GRU", "CuDNNGRU": gateCount = 3
    default: return tensors
    }
    guard tensors.count == 3, tensors[0].shape.rank == 2, tensors[1].shape.rank == 2,
      tensors[2].shape.dimensions == [2 * gateCount * tensors[1].shape[0]],
      tensors[0].shape[1] == gateCount * tensors[1].shape[0],
      tensors[1].shape[1] == tensors[0].shape[1]
    else { return tensors }
    let units = tensors[1].shape[0]
    // Each block of a gate is read in order as [units, in], although it is declared [in, units].
    func plain(_ kernel: Tensor) -> Tensor {
      let (rows, columns) = (kernel.shape[0], kernel.shape[1])
      let source = kernel.elements(as: Float.self)
      var target = [Float](repeating: 0, count: source.count)
      for gate in 0..<gateCount {
        for row in 0..<rows {
          for unit in 0..<units {
            let place = row + unit * rows
            target[row * columns + gate * units + unit] =
              source[place / units * columns + gate * units + place % units]
          }
        }
      }
      return Tensor(target, shape: kernel.shape)
    }
    let biases = tensors[2].elements(as: Float.self)
    let half = gateCount * units
    let bias =
      gateCount == 3
      ? Tensor(biases, shape: [2, half])
      : Tensor((0..<half).map { biases[$0] + biases[half + $0] }, shape: [half])
    return [plain(tensors[0]), plain(tensors[1]), bias]
  }
}
