internal import MRDLCore

/// The layers of a Sequential or Functional model, and where its inputs and outputs are.
struct KerasArchitecture {
  struct Input {
    let name: String
    let extents: [Int?]
  }

  let name: String
  private(set) var layers: [KerasLayer] = []
  private(set) var inputs: [Input] = []
  private(set) var inputReferences: [KerasLayer.Reference] = []
  private(set) var outputReferences: [KerasLayer.Reference] = []

  static let classNames: Set<String> = ["Sequential", "Functional", "Model"]

  init(_ description: KerasObject) throws(MRDLError) {
    guard let className = description["class_name"]?.text, let config = description["config"],
      Self.classNames.contains(className)
    else {
      throw MRDLError(
        .unsupportedKeras, "the model is of a class that is not known",
        found: description["class_name"]?.text ?? "nothing",
        expected: "Sequential or Functional")
    }
    name = config["name"]?.text ?? className
    guard let descriptions = config["layers"]?.elements ?? config.elements else {
      throw MRDLError(.badKeras, "the model has no layers")
    }
    var objectCounts: [String: Int] = [:]
    for layer in descriptions {
      layers.append(try KerasLayer(layer, objectCounts: &objectCounts))
    }
    if className == "Sequential" {
      try connectSequentially(config)
    } else {
      inputReferences = config["input_layers"].map { KerasLayer.references($0) } ?? []
      outputReferences = config["output_layers"].map { KerasLayer.references($0) } ?? []
      for reference in inputReferences {
        guard let layer = layers.first(where: { $0.name == reference.layer }) else {
          throw MRDLError(.badKeras, "an input of the model is no layer", found: reference.layer)
        }
        inputs.append(Input(name: layer.name, extents: try Self.extents(layer.config)))
      }
    }
    // Calls that other models make of a layer are not calls of this one.
    layers.removeAll { $0.className == "InputLayer" }
  }

  private mutating func connectSequentially(_ config: KerasObject) throws(MRDLError) {
    guard let first = layers.first else {
      throw MRDLError(.badKeras, "the model has no layers")
    }
    var previous: KerasLayer.Reference
    if first.className == "InputLayer" {
      previous = KerasLayer.Reference(layer: first.name, call: 0, output: 0)
      inputs = [Input(name: first.name, extents: try Self.extents(first.config))]
    } else {
      let name = first.name + "_input"
      previous = KerasLayer.Reference(layer: name, call: 0, output: 0)
      let description = config["build_input_shape"].map { shape in
        KerasObject(.object([JSONMember("batch_shape", shape.value)]))
      }
      var inner = first.config
      // The first layer may itself be a model.
      while Self.classNames.contains(first.className), inner["batch_input_shape"] == nil,
        let layer = inner["layers"]?.elements?.first?["config"]
      {
        inner = layer
      }
      let extents = try Self.extents(Self.hasShape(inner) ? inner : description ?? inner)
      inputs = [Input(name: name, extents: extents)]
    }
    inputReferences = [previous]
    for index in layers.indices where layers[index].className != "InputLayer" {
      layers[index] = layers[index].called(with: previous)
      previous = KerasLayer.Reference(layer: layers[index].name, call: 0, output: 0)
    }
    outputReferences = [previous]
  }

  private static func hasShape(_ config: KerasObject) -> Bool {
    config["batch_shape"] != nil || config["batch_input_shape"] != nil
  }

  /// The shape that a layer says its input has.
  private static func extents(_ config: KerasObject) throws(MRDLError) -> [Int?] {
    if let shape = (config["batch_shape"] ?? config["batch_input_shape"])?.elements {
      return shape.map(\.integer)
    }
    throw MRDLError(
      .badKeras, "the shape of an input is not given", expected: "\"batch_shape\"")
  }

  /// The operations between the layers.
  var operationNames: Set<String> {
    Set(layers.filter(\.isOperation).map(\.className))
  }

  /// The classes of all layers, those of inner models among them.
  var allClassNames: Set<String> {
    var names: Set<String> = []
    for layer in layers {
      if Self.classNames.contains(layer.className) {
        for inner in (layer.config["layers"] ?? layer.config).elements ?? [] {
          if let name = inner["class_name"]?.text { names.insert(name) }
        }
      } else if !layer.isOperation {
        names.insert(layer.className)
      }
    }
    names.remove("InputLayer")
    return names.subtracting(Self.classNames)
  }
}

extension KerasLayer {
  /// The layer with one call, on one value.
  fileprivate func called(with reference: Reference) -> KerasLayer {
    var layer = self
    layer.calls = [[reference]]
    return layer
  }
}
