internal import MRDLCore
internal import MRDLModel

/// How each class of layers becomes operators: a line each.
enum KerasLayers {
  typealias Making = (KerasLayer, [KerasValue], inout KerasImporter) throws(MRDLError) ->
    [KerasValue]

  /// Makes one call of a layer.
  static func make(
    _ layer: KerasLayer, _ inputs: [KerasValue], _ importer: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
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
    return try making(layer, inputs, &importer)
  }

  /// The classes that are known.
  static var known: Set<String> { Set(table.keys) }

  private static var table: [String: Making] {
    [
      "Activation": activation,
      "ActivityRegularization": identity,
      "Add": { (layer, x, k) throws(MRDLError) in try merge("Add", layer, x, &k) },
      "AlphaDropout": identity,
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
      "Dropout": identity,
      "ELU": elu,
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
      "LSTM": { (layer, x, k) throws(MRDLError) in try recurrent(.lstm, layer, x, &k) },
      "LayerNormalization": layerNormalization,
      "LeakyReLU": leakyReLU,
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
      "Multiply": { (layer, x, k) throws(MRDLError) in try merge("Mul", layer, x, &k) },
      "PReLU": pReLU,
      "Permute": permute,
      "ReLU": reLU,
      "RepeatVector": repeatVector,
      "Rescaling": rescaling,
      "Reshape": reshape,
      "SeparableConv1D": { (layer, x, k) throws(MRDLError) in try separable(1, layer, x, &k) },
      "SeparableConv2D": { (layer, x, k) throws(MRDLError) in try separable(2, layer, x, &k) },
      "SimpleRNN": { (layer, x, k) throws(MRDLError) in try recurrent(.rnn, layer, x, &k) },
      "Softmax": softmax,
      "SpatialDropout1D": identity,
      "SpatialDropout2D": identity,
      "SpatialDropout3D": identity,
      "Subtract": { (layer, x, k) throws(MRDLError) in try merge("Sub", layer, x, &k) },
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
