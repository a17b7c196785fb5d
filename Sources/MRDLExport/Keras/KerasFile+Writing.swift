internal import MRDLCompression
package import MRDLCore
internal import MRDLHDF5Writing
package import MRDLInterchange
package import MRDLModel

extension KerasFile {
  /// The version of Keras whose forms are written.
  private static let version = "3.15.1"

  /// Writes a model as Keras 3 saves it: an archive for a name that ends in `.keras`, otherwise HDF5.
  ///
  /// - Parameter log: takes what the file cannot hold.
  /// - Throws: `MRDL6012` for what Keras has no layer for; `MRDL2006`, `MRDL9003`, `MRDL9005`,
  ///   `MRDL9006` where the file cannot be written, or an error of reading a tensor.
  package static func write(
    _ model: Model, to path: String, replacing: Bool, log: ConversionLog? = nil
  ) throws(MRDLError) {
    guard !model.isWeightsOnly else {
      throw MRDLError(
        .weightsOnly, "a file of Keras needs an architecture",
        expected: "a model, or --architecture", at: Place(file: path))
    }
    let isArchive = FileSystem.suffix(of: path) == "keras"
    var exporter = KerasExporter(model, permitsOperations: isArchive)
    do throws(MRDLError) {
      try exporter.run()
    } catch {
      throw error.inFile(path)
    }
    report(model, exporter, log)
    if isArchive {
      try writeArchive(exporter, model, to: path, replacing)
    } else {
      try writeHDF5(exporter, model, to: path, replacing)
    }
  }

  private static func report(_ model: Model, _ exporter: KerasExporter, _ log: ConversionLog?) {
    for layer in exporter.orderedLayers where layer.className != "InputLayer" {
      log?.add(.mapped, layer.name, layer.className)
    }
    for (isThere, what) in [
      (!model.goldenVectors.isEmpty, "golden vectors"),
      (!model.preprocessing.isEmpty, "preprocessing"), (!model.meanings.isEmpty, "meanings"),
      (model.training != nil, "history of training"), (!model.state.isEmpty, "states"),
    ] where isThere {
      log?.add(.dropped, what, "files of Keras have no place for them")
    }
  }

  // MARK: The configuration

  private static func config(
    _ exporter: KerasExporter, _ model: Model, isLegacy: Bool
  ) throws(MRDLError) -> JSONValue {
    func references(_ tensors: [KerasTensor]) -> JSONValue {
      tensors.count == 1 ? tensors[0].history : .array(tensors.map(\.history))
    }
    var layers: [JSONValue] = []
    for layer in exporter.orderedLayers { layers.append(try layer.json(isLegacy: isLegacy)) }
    let name = model.graph.name.isEmpty ? model.card.name : model.graph.name
    let safeName = String(name.map { $0 == "/" || $0 == ":" ? "_" : $0 })
    let config: JSONValue = .object([
      "name": .string(safeName.isEmpty ? "model" : safeName), "trainable": .bool(true),
      "layers": .array(layers),
      "input_layers": references(exporter.inputs), "output_layers": references(exporter.outputs),
    ])
    if isLegacy {
      return .object(["class_name": "Functional", "config": config])
    }
    return .object([
      "module": "keras.src.models.functional", "class_name": "Functional", "config": config,
      "registered_name": "Functional",
    ])
  }

  // MARK: Archives

  private static func writeArchive(
    _ exporter: KerasExporter, _ model: Model, to path: String, _ replacing: Bool
  ) throws(MRDLError) {
    let text = try config(exporter, model, isLegacy: false).text(.compact)
    var archive = try ZipWriter(path: path, replacing: replacing)
    let metadata: JSONValue = .object([
      "keras_version": .string(version), "date_saved": .string(model.card.created),
    ])
    try archive.append("metadata.json", Array(metadata.text(.compact).utf8))
    try archive.append("config.json", Array(text.utf8))
    let weights = path + ".weights"
    // An empty file that nothing replaces: libhdf5 writes over it.
    let placeholder = try AtomicFile(path: weights, replacing: false)
    try placeholder.commit()
    defer { try? FileSystem.removeFile(weights) }
    try writeWeights(exporter, to: weights)
    let content = try FileContent.map(weights)
    try content.withUnsafeBytes { (bytes) throws(MRDLError) in
      try archive.append("model.weights.h5", [], bytes)
    }
    try archive.commit()
  }

  /// The weights by the classes of layers, numbered in the order of layers.
  private static func writeWeights(
    _ exporter: KerasExporter, to path: String
  ) throws(MRDLError) {
    let file = try HDF5Output(overwriting: path)
    try file.addGroup("vars")
    var counts: [String: Int] = [:]
    for layer in exporter.orderedLayers where !layer.isOperation {
      let base = objectName(layer.className)
      let number = counts[base, default: 0]
      counts[base] = number + 1
      let group = "layers/" + (number == 0 ? base : "\(base)_\(number)")
      try file.addGroup(group + "/vars")
      try file.addAttribute("name", ofGroup: group + "/vars", strings: [layer.name], isScalar: true)
      var numbers: [String: Int] = [:]
      for weight in layer.weights {
        let part = weight.part.map { group + "/" + $0 } ?? group
        let index = numbers[part, default: 0]
        numbers[part] = index + 1
        try file.addDataset("\(part)/vars/\(index)", weight.tensor)
      }
    }
    try file.close()
  }

  // MARK: HDF5

  private static func writeHDF5(
    _ exporter: KerasExporter, _ model: Model, to path: String, _ replacing: Bool
  ) throws(MRDLError) {
    let destination = try AtomicFile(path: path, replacing: replacing)
    guard destination.temporaryPath != path else {
      throw MRDLError(
        .cannotCreate, "an HDF5 file cannot be written to a pipe or a device",
        expected: "a file", at: Place(file: path))
    }
    let file = try HDF5Output(overwriting: destination.temporaryPath)
    let text = try config(exporter, model, isLegacy: true).text(.compact)
    let weights = "/model_weights"
    try file.addGroup(weights)
    for group in ["/", weights] {
      try file.addAttribute("keras_version", ofGroup: group, strings: [version], isScalar: true)
      try file.addAttribute("backend", ofGroup: group, strings: ["tensorflow"], isScalar: true)
    }
    try file.addAttribute("model_config", ofGroup: "/", strings: [text], isScalar: true)
    let layers = exporter.orderedLayers
    try file.addAttribute("layer_names", ofGroup: weights, strings: layers.map(\.name))
    for layer in layers {
      let group = "\(weights)/\(layer.name)"
      try file.addGroup(group)
      let names = layer.weights.map { weight in
        weight.part == nil
          ? "\(layer.name)/\(weight.name)"
          : "\(layer.name)/\(objectName(layer.className))_cell/\(weight.name)"
      }
      try file.addAttribute("weight_names", ofGroup: group, strings: names)
      for (name, weight) in zip(names, layer.weights) {
        try file.addDataset("\(group)/\(name)", weight.tensor)
      }
    }
    let top = weights + "/top_level_model_weights"
    try file.addGroup(top)
    try file.addAttribute("weight_names", ofGroup: top, strings: [])
    try file.close()
    try destination.commit()
  }
}
