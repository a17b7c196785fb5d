package import MRDLCore
package import MRDLModel

/// Models in ONNX's format: a protobuf message, maybe with files of large tensors beside it.
package enum ONNXFile {
  /// The versions of ONNX's operator set that are read; every node is brought to the newest one.
  ///
  /// Operators that version 7 changed are refused in their older form, by the attributes that only this
  /// form has.
  package static let opsetVersions = 1...28

  /// The property that holds what ONNX has no place for: preprocessing, meanings, state, card and
  /// training, as a header of `.mrdl` has them.
  package static let headerProperty = "mrdl.header"

  /// Opens a model.
  ///
  /// Weights stay in the file, or in the files beside it, until they are asked for.
  ///
  /// - Parameters:
  ///   - storage: the content of the file.
  ///   - path: the file; external data is looked for in its directory.
  ///   - diagnostics: takes what is wrong with names in the graph, and notes; the model is returned
  ///     nevertheless. Without a sink such an error is thrown.
  ///   - log: takes what becomes of nodes, constants and properties.
  /// - Throws: `MRDL6003` for bytes that are not protobuf, `MRDL6013` for a file that is cut short, `MRDL6004`
  ///   for a model that contradicts itself, `MRDL6005` for values that are not tensors of numbers, `MRDL1211` for
  ///   an operator set newer than the newest one that is known.
  /// - Complexity: O(n) in the bytes of the file without the weights.
  package static func open(
    _ storage: Storage, path: String, options: OpeningOptions = .standard,
    diagnostics: Diagnostics? = nil, log: ConversionLog? = nil
  ) throws(MRDLError) -> Model {
    let findings = Diagnostics()
    do throws(MRDLError) {
      let message = try ONNXModel(storage, limits: options.limits)
      var importer = ONNXImporter(
        path: path, options: options, diagnostics: findings, log: log)
      let model = try importer.model(message)
      model.check(diagnostics: findings)
      if diagnostics == nil { try findings.throwFirstError() }
      if options.verification == .now {
        for tensor in model.tensors { _ = try tensor.load() }
      }
      diagnostics?.report(contentsOf: findings, inFile: path)
      return model
    } catch {
      throw error.inFile(path)
    }
  }
}
