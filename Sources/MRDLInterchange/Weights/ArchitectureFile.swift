package import MRDLCore
internal import MRDLHDF5
package import MRDLModel

/// An architecture and weights that come from two files.
package enum ArchitectureFile {
  /// Puts the weights of a file into an architecture.
  ///
  /// The architecture is the JSON of `model.to_json()` of Keras, for HDF5 files of its weights; the JSON
  /// of a header of `.mrdl`; or a model of any format, whose weights are replaced.
  ///
  /// - Parameters:
  ///   - mapping: from the name of a tensor of the architecture to that of the weights, or to nil for
  ///     one that keeps what the architecture has.
  ///   - log: takes what was put where, converted or left out.
  /// - Throws: `MRDL6011` where weights are missing or have other shapes, all of them named.
  package static func open(
    _ architecturePath: String, weights weightsPath: String, mapping: [String: String?] = [:],
    options: OpeningOptions = .standard, log: ConversionLog? = nil
  ) throws(MRDLError) -> Model {
    guard try ModelFile.format(of: architecturePath) == .json else {
      let architecture = try ModelFile.open(architecturePath, options: options)
      let weights = try ModelFile.open(weightsPath, options: options, log: log)
      return try WeightMerging(mapping: mapping, log: log).merge(
        weights, into: architecture, path: weightsPath)
    }
    let text = try FileContent.readText(architecturePath)
    let place = Place(file: architecturePath)
    let value = try JSONParser.parse(text, limits: options.limits, place: place)
    if value["class_name"] != nil {
      guard try ModelFile.format(of: weightsPath) == .hdf5 else {
        throw MRDLError(
          .weightMismatch, "an architecture of Keras takes weights that Keras saved",
          expected: "an HDF5 file", at: Place(file: weightsPath))
      }
      return try KerasFile.open(
        architecture: text, weights: try FileContent.map(weightsPath), path: weightsPath,
        options: options, log: log)
    }
    let notes = Diagnostics()
    let header = try ModelHeader(
      decoding: JSONCursor(value, place: place), limits: options.limits, diagnostics: notes)
    try notes.throwFirstError()
    var architecture = header.model
    for info in header.tensors {
      architecture.tensors[info.name] = ModelTensor(
        info, source: MissingTensor(place: Place(file: architecturePath, path: info.name)))
    }
    return try WeightMerging(mapping: mapping, log: log).merge(
      try ModelFile.open(weightsPath, options: options, log: log), into: architecture,
      path: weightsPath)
  }

  /// Reads the mapping of names from a JSON object of strings and nulls.
  package static func mapping(_ path: String) throws(MRDLError) -> [String: String?] {
    let value = try JSONParser.parse(
      try FileContent.readText(path), place: Place(file: path))
    var mapping: [String: String?] = [:]
    for (key, member) in try JSONCursor(value, place: Place(file: path)).members() {
      mapping[key] = member.value == .null ? .some(nil) : .some(try member.string())
    }
    return mapping
  }
}

/// A tensor that only an architecture speaks of.
struct MissingTensor: TensorSource {
  let place: Place

  var digest: Digest? { nil }

  func load() throws(MRDLError) -> Tensor {
    throw MRDLError(.weightsOnly, "a tensor of an architecture has no numbers", at: place)
  }
}
