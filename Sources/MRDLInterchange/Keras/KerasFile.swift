internal import MRDLCompression
package import MRDLCore
internal import MRDLHDF5
package import MRDLModel

/// Models that Keras saved: HDF5 files of Keras 1.2, 2 and 3, and archives of Keras 3 (`.keras`).
package enum KerasFile {
  /// Whether an HDF5 file says that Keras wrote it.
  package static func isModel(_ storage: Storage, limits: Limits = .standard) -> Bool {
    guard let root = try? HDF5File(storage, limits: limits).root else { return false }
    return root.attributes["model_config"] != nil || root.attributes["layer_names"] != nil
      || ["model_weights", "layers", "_layer_checkpoint_dependencies"].contains {
        root.link(named: $0) != nil
      }
  }

  /// Opens a file of weights together with the architecture that `model.to_json()` gave.
  ///
  /// - Throws: as for a whole model.
  package static func open(
    architecture text: String, weights storage: Storage, path: String,
    options: OpeningOptions = .standard, log: ConversionLog? = nil
  ) throws(MRDLError) -> Model {
    do throws(MRDLError) {
      let root = try HDF5File(storage, limits: options.limits).root
      let config = KerasObject(try JSONParser.parse(text, limits: options.limits))
      var version = config["keras_version"]?.text ?? ""
      if version.isEmpty { version = try root.attributes["keras_version"]?.string() ?? "" }
      var backend = config["backend"]?.text ?? ""
      if backend.isEmpty { backend = try root.attributes["backend"]?.string() ?? "" }
      return try model(
        text, version: version, backend: backend, weights: try layout(of: root), options, nil, log,
        path)
    } catch {
      throw error.inFile(path)
    }
  }

  /// How a file of weights is laid out: in groups named after layers, or after their classes.
  private static func layout(of root: HDF5Group) throws(MRDLError) -> any KerasWeights {
    if root.link(named: "model_weights") != nil {
      return LegacyKerasWeights(try root.group(path: "model_weights"))
    }
    return root.attributes["layer_names"] != nil
      ? LegacyKerasWeights(root) : ArchivedKerasWeights(root)
  }

  /// Every array of numbers in a file, named by its path.
  private static func weightsOnly(
    _ root: HDF5Group, _ path: String
  ) throws(MRDLError) -> Model {
    var model = Model(graph: Graph())
    try root.forEachDescendant { (object) throws(MRDLError) in
      guard case .dataset(let dataset) = object else { return }
      let name = String(dataset.path.drop { $0 == "/" })
      guard let scalarType = dataset.datatype.scalarType else { return }
      model.tensors[name] = ModelTensor(
        TensorInfo(name, scalarType, dataset.shape),
        source: VerifiedTensorSource(digest: nil, place: Place(file: path, path: name)) {
          () throws(MRDLError) in try dataset.tensor()
        })
    }
    return model
  }

  /// Opens an HDF5 file.
  ///
  /// - Throws: `MRDL6006` for a file that contradicts itself, `MRDL6007` for layers that are not
  ///   computed, all of them named; `MRDL2001` to `MRDL2007` for a damaged HDF5 structure.
  package static func open(
    hdf5 storage: Storage, path: String, options: OpeningOptions = .standard,
    diagnostics: Diagnostics? = nil, log: ConversionLog? = nil
  ) throws(MRDLError) -> Model {
    do throws(MRDLError) {
      let root = try HDF5File(storage, limits: options.limits).root
      guard let text = try root.attributes["model_config"]?.string() else {
        return try weightsOnly(root, path)
      }
      return try model(
        text, version: try root.attributes["keras_version"]?.string() ?? "",
        backend: try root.attributes["backend"]?.string() ?? "", weights: try layout(of: root),
        options, diagnostics, log, path)
    } catch {
      throw error.inFile(path)
    }
  }

  /// Opens an archive.
  ///
  /// - Throws: as for an HDF5 file; `MRDL2501` and `MRDL2502` for a damaged archive.
  package static func open(
    archive storage: Storage, path: String, options: OpeningOptions = .standard,
    diagnostics: Diagnostics? = nil, log: ConversionLog? = nil
  ) throws(MRDLError) -> Model {
    do throws(MRDLError) {
      let archive = try ZipArchive(storage, limits: options.limits)
      let text = try content("config.json", of: archive)
      let metadata = try? JSONParser.parse(
        try content("metadata.json", of: archive).text, limits: options.limits)
      let weights = try HDF5File(
        try content("model.weights.h5", of: archive).storage, limits: options.limits
      ).root
      var version = ""
      if case .string(let known)? = metadata?["keras_version"] { version = known }
      return try model(
        text.text, version: version, backend: "", weights: ArchivedKerasWeights(weights), options,
        diagnostics, log, path)
    } catch {
      throw error.inFile(path)
    }
  }

  private struct Content {
    let storage: Storage
    var text: String {
      storage.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
  }

  private static func content(
    _ name: String, of archive: ZipArchive
  ) throws(MRDLError) -> Content {
    guard let entry = archive.entry(named: name) else {
      throw MRDLError(.badKeras, "the archive lacks a part", expected: "\(name)")
    }
    let reader = try archive.content(of: entry)
    // A part of its own, so that offsets begin at 0 and elements are aligned.
    return Content(storage: reader.withUnsafeRemainingBytes { Storage(copying: $0) })
  }

  private static func model(
    _ text: String, version: String, backend: String, weights: any KerasWeights,
    _ options: OpeningOptions,
    _ diagnostics: Diagnostics?, _ log: ConversionLog?, _ path: String
  ) throws(MRDLError) -> Model {
    let findings = Diagnostics()
    let config = try JSONParser.parse(text, limits: options.limits, place: Place("model_config"))
    let origin = KerasOrigin(version: version, backend: backend, config: KerasObject(config))
    var importer = KerasImporter(weights: weights, origin: origin, log: log)
    var model = try importer.model(
      origin.majorVersion == 1
        ? Keras1Architecture.translated(KerasObject(config)) : KerasObject(config))
    model.card.producer = version.isEmpty ? "Keras" : "Keras \(version)"
    model.check(diagnostics: findings)
    if diagnostics == nil { try findings.throwFirstError() }
    diagnostics?.report(contentsOf: findings, inFile: path)
    return model
  }
}
