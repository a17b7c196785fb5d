internal import MRDLCore

/// An architecture in the words of Keras 1, said in those of Keras 2.
///
/// Layers keep their names, and with them their weights. A Sequential model that begins with a Merge
/// of models becomes a functional model, as the layers of those models lie beside its own in the file.
struct Keras1Architecture {
  private var layers: [JSONValue] = []
  private var inputs: [JSONValue] = []

  /// Whether a configuration has words that only Keras 1 has.
  static func isWritten(in config: KerasObject) -> Bool {
    switch config.value {
    case .array(let elements): elements.contains { isWritten(in: KerasObject($0)) }
    case .object(let members):
      members.contains { member in
        words.contains(member.key)
          || member.key == "class_name"
            && classNames[KerasObject(member.value).text ?? ""] != nil
          || isWritten(in: KerasObject(member.value))
      }
    default: false
    }
  }

  private static let words: Set<String> = [
    "nb_filter", "border_mode", "dim_ordering", "inner_activation", "W_regularizer", "input_dtype",
    "consume_less",
  ]

  /// - Throws: `MRDL6006` for what lacks its parts, `MRDL6007` for merges by functions and for what
  ///   Keras 2 cannot say.
  static func translated(_ model: KerasObject) throws(MRDLError) -> KerasObject {
    guard let className = model["class_name"]?.text, let config = model["config"] else {
      throw MRDLError(.badKeras, "the model lacks its class or its configuration")
    }
    let inner: KerasObject
    if className == "Sequential", let elements = config.elements ?? config["layers"]?.elements {
      if elements.first?["class_name"]?.text == "Merge",
        elements.first?["config"]?["layers"] != nil
      {
        var whole = Keras1Architecture()
        let output = try whole.append(sequence: elements)
        return object([
          ("class_name", .string("Model")),
          (
            "config",
            object([
              ("name", .string(config["name"]?.text ?? "sequential")),
              ("layers", .array(whole.layers)), ("input_layers", .array(whole.inputs)),
              ("output_layers", .array([output])),
            ]).value
          ),
        ])
      }
      let layers = try elements.map { (element) throws(MRDLError) in try layer(element).value }
      inner = object([
        ("name", .string(config["name"]?.text ?? "sequential")), ("layers", .array(layers)),
      ])
    } else {
      let layers = try (config["layers"]?.elements ?? []).map { (element) throws(MRDLError) in
        try layer(element).value
      }
      inner = config.with([("layers", .array(layers))])
    }
    return model.with([("config", inner.value)])
  }

  /// Adds the layers of a Sequential model or of a merged model and gives the reference to its output.
  private mutating func append(sequence elements: [KerasObject]) throws(MRDLError) -> JSONValue {
    var previous: JSONValue?
    for element in elements {
      guard let className = element["class_name"]?.text, let config = element["config"] else {
        throw MRDLError(.badKeras, "a layer lacks its class or its configuration")
      }
      if previous == nil, className == "Merge", let models = config["layers"]?.elements {
        var outputs: [JSONValue] = []
        for model in models { outputs.append(try append(model: model)) }
        previous = try add(element, inputs: outputs)
        continue
      }
      if previous == nil, className != "InputLayer" {
        guard let shape = config["batch_input_shape"] else {
          throw MRDLError(
            .badKeras, "the shape of an input is not given", expected: "\"batch_input_shape\"")
        }
        let name = (config["name"]?.text ?? className) + "_input"
        previous = try add(
          Self.object([
            ("class_name", .string("InputLayer")),
            (
              "config",
              Self.object([("name", .string(name)), ("batch_input_shape", shape.value)]).value
            ),
          ]), inputs: [])
        inputs.append(previous ?? .null)
      }
      previous = try add(element, inputs: previous.map { [$0] } ?? [])
      if className == "InputLayer" { inputs.append(previous ?? .null) }
    }
    guard let previous else { throw MRDLError(.badKeras, "the model has no layers") }
    return previous
  }

  private mutating func append(model: KerasObject) throws(MRDLError) -> JSONValue {
    let config = model["config"]
    if model["class_name"]?.text == "Sequential",
      let elements = config?.elements ?? config?["layers"]?.elements
    {
      return try append(sequence: elements)
    }
    guard let config, let inner = config["layers"]?.elements,
      let output = config["output_layers"]?.elements?.first
    else {
      throw MRDLError(
        .unsupportedKeras, "a Merge joins something that is no model",
        found: model["class_name"]?.text ?? "nothing")
    }
    for element in inner { layers.append(try Self.layer(element).value) }
    inputs += config["input_layers"]?.elements?.map(\.value) ?? []
    return output.value
  }

  /// Adds a layer that is called once and gives the reference to its output.
  private mutating func add(
    _ element: KerasObject, inputs: [JSONValue]
  ) throws(MRDLError) -> JSONValue {
    let layer = try Self.layer(element)
    let name = layer["config"]?["name"]?.text ?? layer["class_name"]?.text ?? ""
    layers.append(
      layer.with([
        ("name", .string(name)),
        ("inbound_nodes", inputs.isEmpty ? .array([]) : .array([.array(inputs)])),
      ]).value)
    return .array([.string(name), .integer(0), .integer(0)])
  }

  // MARK: One layer

  private static let classNames = [
    "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D", "AtrousConvolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose", "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense", "Merge": "Merge", "MaxoutDense": "MaxoutDense",
    "Highway": "Highway",
  ]

  /// Keys that only have another name.
  private static let keys = [
    "bias": "use_bias", "border_mode": "padding", "inner_activation": "recurrent_activation",
    "atrous_rate": "dilation_rate", "nb_filter": "filters", "subsample": "strides",
    "subsample_length": "strides", "filter_length": "kernel_size", "pool_length": "pool_size",
    "stride": "strides", "length": "size", "p": "rate",
  ]

  private static func layer(_ description: KerasObject) throws(MRDLError) -> KerasObject {
    guard let className = description["class_name"]?.text, let config = description["config"]
    else { throw MRDLError(.badKeras, "a layer lacks its class or its configuration") }
    if KerasArchitecture.classNames.contains(className) {
      return description.with([("config", try translated(description)["config"]?.value ?? .null)])
    }
    if className == "Merge" { return try merge(description, config) }
    guard case .object(let members) = config.value else {
      throw MRDLError(.badKeras, "a layer lacks its configuration", found: className)
    }
    let name = classNames[className] ?? className
    var new: [(String, JSONValue)] = []
    for member in members {
      let value = KerasObject(member.value)
      switch member.key {
      case "dim_ordering":
        new.append(
          ("data_format", .string(value.text == "th" ? "channels_first" : "channels_last")))
      case "output_dim" where name != "Embedding": new.append(("units", member.value))
      case "layer": new.append(("layer", try layer(value).value))
      case "padding" where className.hasPrefix("ZeroPadding"):
        new.append(("padding", padding(value, className).value))
      case let key: new.append((keys[key] ?? key, member.value))
      }
    }
    let kernel = ["nb_row", "nb_col", "kernel_dim1", "kernel_dim2", "kernel_dim3"]
      .compactMap { config[$0]?.value }
    if !kernel.isEmpty { new.append(("kernel_size", .array(kernel))) }
    if config["border_mode"]?.text == "full" {
      throw MRDLError(
        .unsupportedKeras, "a layer asks for something that is not computed",
        found: "border_mode full")
    }
    return description.with([
      ("class_name", .string(name)), ("config", .object(new.map { JSONMember($0, $1) })),
    ])
  }

  /// Borders as a pair for each axis.
  private static func padding(_ value: KerasObject, _ className: String) -> KerasObject {
    func pair(_ first: Int, _ second: Int) -> JSONValue { .integers([first, second]) }
    if case .object = value.value {
      func number(_ key: String) -> Int { value[key]?.integer ?? 0 }
      return className == "ZeroPadding1D"
        ? KerasObject(pair(number("left_pad"), number("right_pad")))
        : KerasObject(
          .array([
            pair(number("top_pad"), number("bottom_pad")),
            pair(number("left_pad"), number("right_pad")),
          ]))
    }
    let numbers = value.integers
    guard className == "ZeroPadding2D", numbers.count == 4 else { return value }
    return KerasObject(.array([pair(numbers[0], numbers[1]), pair(numbers[2], numbers[3])]))
  }

  private static func merge(
    _ description: KerasObject, _ config: KerasObject
  ) throws(MRDLError) -> KerasObject {
    guard config.text("mode_type", default: "raw") == "raw", let mode = config["mode"]?.text else {
      throw MRDLError(
        .unsupportedKeras, "the model has layers that are not computed",
        found: "Merge by a function")
    }
    var new: [(String, JSONValue)] = [("name", config["name"]?.value ?? .string("merge"))]
    let className: String
    switch mode {
    case "sum": className = "Add"
    case "mul": className = "Multiply"
    case "ave": className = "Average"
    case "max": className = "Maximum"
    case "concat":
      className = "Concatenate"
      new.append(("axis", config["concat_axis"]?.value ?? .integer(-1)))
    case "dot", "cos":
      className = "Dot"
      new.append(("axes", config["dot_axes"]?.value ?? .integer(-1)))
      if mode == "cos" {
        new.append(("normalize", .bool(true)))
        // The cosine gets one more axis.
        new.append(("has_axis", .bool(true)))
      }
    default:
      throw MRDLError(.badKeras, "a merge has a mode that is not known", found: mode)
    }
    return description.with([
      ("class_name", .string(className)), ("config", object(new).value),
    ])
  }

  private static func object(_ members: [(String, JSONValue)]) -> KerasObject {
    KerasObject(.object(members.map { JSONMember($0.0, $0.1) }))
  }
}
