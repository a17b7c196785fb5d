internal import MRDLCore
internal import MRDLModel

/// How each class of layers becomes operators: a line each.
enum KerasLayers {
  typealias Making = (KerasLayer, [KerasValue], inout KerasImporter) throws(MRDLError) ->
    [KerasValue]

  /// Makes one call of a layer.
  ///
  /// - Parameters:
  ///   - call: which call it is.
  ///   - operands: the values that the call names, positional ones first.
  static func make(
    _ layer: KerasLayer, call: Int = 0, _ operands: [KerasValue],
    _ importer: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let inputs = try withNamed(layer, call, operands, importer)
    if KerasArchitecture.classNames.contains(layer.className) {
      let outer = importer.weights
      importer.weights = try outer.nested(layer: layer.name, object: layer.object)
      let description = KerasObject(
        .object([
          JSONMember("class_name", .string(layer.className)),
          JSONMember("config", layer.config.value),
        ]))
      let results = try importer.run(try KerasArchitecture(description), inputs)
      importer.weights = outer
      return results
    }
    guard let making = table[layer.className] else {
      throw MRDLError(
        .unsupportedKeras, "a layer is of a class that is not known", found: layer.className)
    }
    guard !inputs.isEmpty else { throw MRDLError(.badKeras, "a layer is called on nothing") }
    var results = try making(layer, inputs, &importer)
    // Layers that work on each step leave open which steps count.
    if let mask = inputs.compactMap(\.mask).first, passingMasks.contains(layer.className) {
      guard inputs.allSatisfy({ $0.mask == nil || $0.mask == mask }) else {
        throw importer.unsupported("inputs with different masks")
      }
      for index in results.indices { results[index].mask = mask }
    } else if inputs.contains(where: { $0.mask != nil }), refusingMasks.contains(layer.className) {
      throw importer.unsupported("masked steps")
    }
    return results
  }

  /// The values of a call, with masks where they are given by name.
  private static func withNamed(
    _ layer: KerasLayer, _ call: Int, _ operands: [KerasValue], _ k: KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard call < layer.arguments.count, case .object(let named) = layer.arguments[call].named.value
    else { return operands }
    let count = layer.arguments[call].positional.reduce(0) { $0 + KerasLayer.references($1).count }
    guard count < operands.count else { return operands }
    var inputs = Array(operands.prefix(count))
    var rest = operands.dropFirst(count)
    for member in named {
      let value = KerasObject(member.value)
      let references = KerasLayer.references(value)
      guard !references.isEmpty else { continue }
      let given = Array(rest.prefix(references.count))
      rest = rest.dropFirst(references.count)
      switch member.key {
      case "mask" where given.count == 1 && inputs.count == 1: inputs[0].mask = given[0].name
      case "inputs", "query", "value", "key": inputs += given
      default: throw k.unsupported("the argument \(member.key)")
      }
    }
    return inputs
  }

  /// Layers whose steps count where those of their inputs do.
  private static let passingMasks: Set<String> = [
    "Activation", "ActivityRegularization", "Add", "AlphaDropout", "Average",
    "BatchNormalization", "Dense", "Dropout", "ELU", "GaussianDropout", "GaussianNoise",
    "Identity", "LayerNormalization", "LeakyReLU", "Maximum", "Minimum", "Multiply", "PReLU",
    "RMSNormalization", "ReLU", "Softmax", "SpatialDropout1D", "Subtract", "UnitNormalization",
  ]

  /// Layers that would count steps that do not.
  private static let refusingMasks: Set<String> = [
    "AdditiveAttention", "Attention", "Concatenate", "GlobalAveragePooling1D",
    "MultiHeadAttention", "TimeDistributed",
  ]

  /// The classes that are known.
  static var known: Set<String> { Set(table.keys) }

  private static var table: [String: Making] {
    [
      "Activation": activation,
      "ActivityRegularization": identity,
      "Add": { (layer, x, k) throws(MRDLError) in try merge("Add", layer, x, &k) },
      "AdditiveAttention": additiveAttention,
      "AlphaDropout": identity,
      "Attention": attention,
      "Average": { (layer, x, k) throws(MRDLError) in try merge("Mean", layer, x, &k) },
      "AveragePooling1D": { (layer, x, k) throws(MRDLError) in
        try pool("AveragePool", 1, layer, x, &k)
      },
      "AveragePooling2D": { (layer, x, k) throws(MRDLError) in
        try pool("AveragePool", 2, layer, x, &k)
      },
      "AveragePooling3D": { (layer, x, k) throws(MRDLError) in
        try pool("AveragePool", 3, layer, x, &k)
      },
      "BatchNormalization": batchNormalization,
      "Bidirectional": bidirectional,
      "CenterCrop": centerCrop,
      "Concatenate": concatenate,
      "Conv1D": { (layer, x, k) throws(MRDLError) in try convolution(1, layer, x, &k) },
      "Conv2D": { (layer, x, k) throws(MRDLError) in try convolution(2, layer, x, &k) },
      "Conv3D": { (layer, x, k) throws(MRDLError) in try convolution(3, layer, x, &k) },
      "Conv1DTranspose": { (layer, x, k) throws(MRDLError) in try transposed(1, layer, x, &k) },
      "Conv2DTranspose": { (layer, x, k) throws(MRDLError) in try transposed(2, layer, x, &k) },
      "Conv3DTranspose": { (layer, x, k) throws(MRDLError) in try transposed(3, layer, x, &k) },
      "Cropping1D": { (layer, x, k) throws(MRDLError) in try crop(1, layer, x, &k) },
      "Cropping2D": { (layer, x, k) throws(MRDLError) in try crop(2, layer, x, &k) },
      "Cropping3D": { (layer, x, k) throws(MRDLError) in try crop(3, layer, x, &k) },
      "Dense": dense,
      "DepthwiseConv1D": { (layer, x, k) throws(MRDLError) in try depthwise(1, layer, x, &k) },
      "DepthwiseConv2D": { (layer, x, k) throws(MRDLError) in try depthwise(2, layer, x, &k) },
      "Dot": dot,
      "Dropout": identity,
      "ELU": elu,
      "EinsumDense": einsumDense,
      "Embedding": embedding,
      "Flatten": flatten,
      "GRU": { (layer, x, k) throws(MRDLError) in try recurrent(.gru, layer, x, &k) },
      "GaussianDropout": identity,
      "GaussianNoise": identity,
      "GlobalAveragePooling1D": { (layer, x, k) throws(MRDLError) in
        try globalPool("ReduceMean", layer, x, &k)
      },
      "GlobalAveragePooling2D": { (layer, x, k) throws(MRDLError) in
        try globalPool("ReduceMean", layer, x, &k)
      },
      "GlobalAveragePooling3D": { (layer, x, k) throws(MRDLError) in
        try globalPool("ReduceMean", layer, x, &k)
      },
      "GlobalMaxPooling1D": { (layer, x, k) throws(MRDLError) in
        try globalPool("ReduceMax", layer, x, &k)
      },
      "GlobalMaxPooling2D": { (layer, x, k) throws(MRDLError) in
        try globalPool("ReduceMax", layer, x, &k)
      },
      "GlobalMaxPooling3D": { (layer, x, k) throws(MRDLError) in
        try globalPool("ReduceMax", layer, x, &k)
      },
      "GroupNormalization": groupNormalization,
      "Identity": identity,
      "LSTM": { (layer, x, k) throws(MRDLError) in try recurrent(.lstm, layer, x, &k) },
      "LayerNormalization": layerNormalization,
      "LeakyReLU": leakyReLU,
      "Masking": masking,
      "MaxPooling1D": { (layer, x, k) throws(MRDLError) in
        try pool("MaxPool", 1, layer, x, &k)
      },
      "MaxPooling2D": { (layer, x, k) throws(MRDLError) in
        try pool("MaxPool", 2, layer, x, &k)
      },
      "MaxPooling3D": { (layer, x, k) throws(MRDLError) in
        try pool("MaxPool", 3, layer, x, &k)
      },
      "Maximum": { (layer, x, k) throws(MRDLError) in try merge("Max", layer, x, &k) },
      "Minimum": { (layer, x, k) throws(MRDLError) in try merge("Min", layer, x, &k) },
      "MultiHeadAttention": multiHeadAttention,
      "Multiply": { (layer, x, k) throws(MRDLError) in try merge("Mul", layer, x, &k) },
      "Normalization": normalization,
      "PReLU": pReLU,
      "Permute": permute,
      "RMSNormalization": rmsNormalization,
      "RNN": cells,
      "ReLU": reLU,
      "RepeatVector": repeatVector,
      "Rescaling": rescaling,
      "Reshape": reshape,
      "Resizing": resizing,
      "SeparableConv1D": { (layer, x, k) throws(MRDLError) in try separable(1, layer, x, &k) },
      "SeparableConv2D": { (layer, x, k) throws(MRDLError) in try separable(2, layer, x, &k) },
      "SimpleRNN": { (layer, x, k) throws(MRDLError) in try recurrent(.rnn, layer, x, &k) },
      "Softmax": softmax,
      "SpatialDropout1D": identity,
      "SpatialDropout2D": identity,
      "SpatialDropout3D": identity,
      "Subtract": { (layer, x, k) throws(MRDLError) in try merge("Sub", layer, x, &k) },
      "TimeDistributed": timeDistributed,
      "UnitNormalization": unitNormalization,
      "UpSampling1D": { (layer, x, k) throws(MRDLError) in try upSample(1, layer, x, &k) },
      "UpSampling2D": { (layer, x, k) throws(MRDLError) in try upSample(2, layer, x, &k) },
      "UpSampling3D": { (layer, x, k) throws(MRDLError) in try upSample(3, layer, x, &k) },
      "ZeroPadding1D": { (layer, x, k) throws(MRDLError) in try zeroPad(1, layer, x, &k) },
      "ZeroPadding2D": { (layer, x, k) throws(MRDLError) in try zeroPad(2, layer, x, &k) },
      "ZeroPadding3D": { (layer, x, k) throws(MRDLError) in try zeroPad(3, layer, x, &k) },
    ]
  }

  static func identity(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    [k.emit("Identity", [x[0].name], extents: x[0].extents)]
  }
}
