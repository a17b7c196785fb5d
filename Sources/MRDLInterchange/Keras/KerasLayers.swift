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
    var layer = layer
    layer.call = call
    let inputs = try bind(operands, to: &layer, &importer)
    if KerasArchitecture.classNames.contains(layer.className) {
      let outer = importer.weights
      importer.weights = try outer.nested(
        layer: layer.name, object: layer.object, part: layer.partPrefix)
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
    if passingMasks.contains(layer.className), let mask = inputs[0].mask {
      for index in results.indices { results[index].mask = mask }
    }
    return results
  }

  /// The inputs of a call in the order of the parameters; masks and states go to the layer.
  private static func bind(
    _ operands: [KerasValue], to layer: inout KerasLayer, _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard layer.call < layer.arguments.count,
      case .object(let named) = layer.arguments[layer.call].named.value
    else { return operands }
    let count = layer.arguments[layer.call].positional.reduce(0) {
      $0 + KerasLayer.references($1).count
    }
    guard count < operands.count else { return operands }
    var inputs = Array(operands.prefix(count))
    var rest = operands.dropFirst(count)
    var inputsByName: [String: [KerasValue]] = [:]
    for member in named {
      let argument = KerasObject(member.value)
      // One tensor, or a list of tensors and nothing.
      let parts =
        KerasLayer.isTensor(argument) ? [argument] : argument.elements ?? [argument]
      let values = parts.flatMap { part -> [KerasValue?] in
        let count = KerasLayer.references(part).count
        defer { rest = rest.dropFirst(count) }
        return count == 0 ? [nil] : rest.prefix(count).map { $0 }
      }
      guard values.contains(where: { $0 != nil }) else { continue }
      switch member.key {
      case _ where inputNames.contains(member.key):
        inputsByName[member.key] = values.compactMap { $0 }
      case "mask", "query_mask", "value_mask", "key_mask", "attention_mask", "initial_state":
        layer.namedValues[member.key] = values
      default: throw k.unsupported("the argument \(member.key)")
      }
    }
    for name in inputNames { inputs += inputsByName[name] ?? [] }
    if let masks = layer.namedValues["mask"] {
      // What a call states replaces what its inputs bring along, even where it states that there is none.
      for (index, mask) in masks.enumerated() where index < inputs.count {
        inputs[index].mask = mask.map { k.mask($0) }
      }
    }
    return inputs
  }

  /// The parameters that are inputs, in the order of layers that have several.
  private static let inputNames = ["inputs", "sequences", "query", "value", "key"]

  /// Layers whose steps count where those of their first inputs do.
  private static let passingMasks: Set<String> = [
    "Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "Dense",
    "Dropout", "ELU", "GaussianDropout", "GaussianNoise", "GroupNormalization", "Identity",
    "LayerNormalization", "LeakyReLU", "Normalization", "PReLU", "ParametricSoftplus", "ReLU",
    "Rescaling", "SReLU", "Softmax", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
    "ThresholdedReLU", "TimeDistributed", "UnitNormalization",
  ]

  /// The classes that are known.
  static var known: Set<String> { Set(table.keys) }

  private static var table: [String: Making] {
    [
      "Activation": activation,
      "ActivityRegularization": identity,
      "AdaptiveAveragePooling1D": { (layer, x, k) throws(MRDLError) in
        try adaptivePool(1, isMaximum: false, layer, x, &k)
      },
      "AdaptiveAveragePooling2D": { (layer, x, k) throws(MRDLError) in
        try adaptivePool(2, isMaximum: false, layer, x, &k)
      },
      "AdaptiveAveragePooling3D": { (layer, x, k) throws(MRDLError) in
        try adaptivePool(3, isMaximum: false, layer, x, &k)
      },
      "AdaptiveMaxPooling1D": { (layer, x, k) throws(MRDLError) in
        try adaptivePool(1, isMaximum: true, layer, x, &k)
      },
      "AdaptiveMaxPooling2D": { (layer, x, k) throws(MRDLError) in
        try adaptivePool(2, isMaximum: true, layer, x, &k)
      },
      "AdaptiveMaxPooling3D": { (layer, x, k) throws(MRDLError) in
        try adaptivePool(3, isMaximum: true, layer, x, &k)
      },
      "Add": { (layer, x, k) throws(MRDLError) in try merge("Add", layer, x, &k) },
      "AdditiveAttention": additiveAttention,
      "AlphaDropout": identity,
      "Attention": attention,
      "AugMix": identity,
      "AutoContrast": autoContrast,
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
      "CategoryEncoding": categoryEncoding,
      "CenterCrop": centerCrop,
      "Concatenate": concatenate,
      "Conv1D": { (layer, x, k) throws(MRDLError) in try convolution(1, layer, x, &k) },
      "Conv1DTranspose": { (layer, x, k) throws(MRDLError) in try transposed(1, layer, x, &k) },
      "Conv2D": { (layer, x, k) throws(MRDLError) in try convolution(2, layer, x, &k) },
      "Conv2DTranspose": { (layer, x, k) throws(MRDLError) in try transposed(2, layer, x, &k) },
      "Conv3D": { (layer, x, k) throws(MRDLError) in try convolution(3, layer, x, &k) },
      "Conv3DTranspose": { (layer, x, k) throws(MRDLError) in try transposed(3, layer, x, &k) },
      "ConvLSTM1D": recurrent,
      "ConvLSTM2D": recurrent,
      "ConvLSTM3D": recurrent,
      "Cropping1D": { (layer, x, k) throws(MRDLError) in try crop(1, layer, x, &k) },
      "Cropping2D": { (layer, x, k) throws(MRDLError) in try crop(2, layer, x, &k) },
      "Cropping3D": { (layer, x, k) throws(MRDLError) in try crop(3, layer, x, &k) },
      "CuDNNGRU": recurrent,
      "CuDNNLSTM": recurrent,
      "CutMix": identity,
      "Dense": dense,
      "DepthwiseConv1D": { (layer, x, k) throws(MRDLError) in try depthwise(1, layer, x, &k) },
      "DepthwiseConv2D": { (layer, x, k) throws(MRDLError) in try depthwise(2, layer, x, &k) },
      "Discretization": discretization,
      "Dot": dot,
      "Dropout": identity,
      "ELU": elu,
      "EinsumDense": einsumDense,
      "Embedding": embedding,
      "Equalization": identity,
      "Flatten": flatten,
      "GRU": recurrent,
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
      "GroupQueryAttention": multiHeadAttention,
      "GroupedQueryAttention": multiHeadAttention,
      "Highway": highway,
      "Identity": identity,
      "LSTM": recurrent,
      "LayerNormalization": layerNormalization,
      "LeakyReLU": leakyReLU,
      "LocallyConnected1D": { (layer, x, k) throws(MRDLError) in
        try locallyConnected(1, layer, x, &k)
      },
      "LocallyConnected2D": { (layer, x, k) throws(MRDLError) in
        try locallyConnected(2, layer, x, &k)
      },
      "Masking": masking,
      "MaxNumBoundingBoxes": identity,
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
      "MaxoutDense": maxoutDense,
      "Minimum": { (layer, x, k) throws(MRDLError) in try merge("Min", layer, x, &k) },
      "MixUp": identity,
      "MultiHeadAttention": multiHeadAttention,
      "Multiply": { (layer, x, k) throws(MRDLError) in try merge("Mul", layer, x, &k) },
      "Normalization": normalization,
      "PReLU": pReLU,
      "ParametricSoftplus": parametricSoftplus,
      "Permute": permute,
      "Pipeline": pipeline,
      "RMSNormalization": rmsNormalization,
      "RNN": recurrent,
      "RandAugment": identity,
      "RandomBrightness": identity,
      "RandomColorDegeneration": identity,
      "RandomColorJitter": identity,
      "RandomContrast": identity,
      "RandomElasticTransform": identity,
      "RandomErasing": identity,
      "RandomFlip": identity,
      "RandomGaussianBlur": identity,
      "RandomGrayscale": identity,
      "RandomHeight": identity,
      "RandomHue": identity,
      "RandomInvert": identity,
      "RandomPerspective": identity,
      "RandomPosterization": identity,
      "RandomRotation": identity,
      "RandomSaturation": identity,
      "RandomSharpness": identity,
      "RandomShear": identity,
      "RandomTranslation": identity,
      "RandomWidth": identity,
      "RandomZoom": identity,
      "ReLU": reLU,
      "RepeatVector": repeatVector,
      "Rescaling": rescaling,
      "Reshape": reshape,
      "Resizing": resizing,
      "ReversibleEmbedding": embedding,
      "SReLU": sReLU,
      "STFTSpectrogram": spectrogram,
      "SeparableConv1D": { (layer, x, k) throws(MRDLError) in try separable(1, layer, x, &k) },
      "SeparableConv2D": { (layer, x, k) throws(MRDLError) in try separable(2, layer, x, &k) },
      "SimpleRNN": recurrent,
      "Softmax": softmax,
      "Solarization": identity,
      "SpatialDropout1D": identity,
      "SpatialDropout2D": identity,
      "SpatialDropout3D": identity,
      "SpectralNormalization": wrapped,
      "Subtract": { (layer, x, k) throws(MRDLError) in try merge("Sub", layer, x, &k) },
      "ThresholdedReLU": thresholdedReLU,
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
