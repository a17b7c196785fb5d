package import MRDLCore
package import MRDLModel

/// An `.npz` archive as a model that has weights and no architecture.
package enum ArrayArchive {
  /// Opens an archive.
  ///
  /// - Throws: what reading the arrays throws: see `NPZ.decode`.
  package static func open(
    _ storage: Storage, path: String, options: OpeningOptions = .standard
  ) throws(MRDLError) -> Model {
    do throws(MRDLError) {
      var model = Model(graph: Graph())
      for array in try NPZ.decode(storage, limits: options.limits) {
        model.tensors[array.name] = ModelTensor(array.name, array.tensor)
      }
      return model
    } catch {
      throw error.inFile(path)
    }
  }
}
