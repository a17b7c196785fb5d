package import MRDLCore
internal import MRDLFormat
internal import MRDLHDF5
package import MRDLHDF5Writing
package import MRDLInterchange
package import MRDLModel

/// A format that models are written in.
package enum ModelEncoding: String, Sendable, CaseIterable {
  case mrdl
  /// An `.h5` file of this package; Keras's own is `keras`.
  case h5
  case onnx
  case keras
  case safetensors
  case npz

  /// The encoding that the ending of a file's name stands for.
  ///
  /// - Throws: `MRDL9007` where it stands for none.
  package static func of(_ path: String) throws(MRDLError) -> ModelEncoding {
    let suffix = FileSystem.suffix(of: path)
    if let encoding = ModelEncoding(rawValue: suffix) { return encoding }
    if suffix == "hdf5" { return .h5 }
    throw MRDLError(
      .badUsage, "the ending of the output's name does not tell its encoding",
      expected: allCases.map { ".\($0.rawValue)" }.joined(separator: ", ") + ", or --to",
      at: Place(file: path))
  }

  /// Whether the format holds graphs, and not only tensors.
  package var holdsArchitecture: Bool { self != .safetensors && self != .npz }

  /// Whether the format holds golden vectors.
  package var holdsGoldenVectors: Bool { self == .mrdl || self == .h5 }

  /// Whether weights of a type keep their meaning in the format: those of eight bits need a graph that says
  /// what they stand for.
  package func holdsWeights(of type: ScalarType) -> Bool {
    switch self {
    case .mrdl, .h5, .onnx: true
    case .safetensors, .npz: type != .int8
    case .keras: type == .float32
    }
  }

  /// Writes a model.
  ///
  /// - Parameters:
  ///   - storage: how an `.h5` file stores tensors; nothing else has a choice.
  ///   - log: takes what the format changes or cannot hold.
  /// - Returns: the root digest, where the encoding has one.
  package func write(
    _ model: Model, to path: String, replacing: Bool,
    storage: HDF5WritingOptions = .contiguous, log: ConversionLog? = nil
  ) throws(MRDLError) -> Digest? {
    guard storage == .contiguous || self == .h5 else {
      throw MRDLError(
        .badUsage, "only tensors of an .h5 file can be stored in chunks or deflated",
        expected: "an output .h5 with --chunk, --shuffle, --deflate or --fletcher32",
        at: Place(file: path))
    }
    switch self {
    case .mrdl: return try MRDLFile.write(model, to: path, replacing: replacing)
    case .h5:
      return try HDF5ModelFile.write(model, to: path, replacing: replacing, options: storage)
    case .onnx:
      try ONNXFile.write(model, to: path, replacing: replacing, log: log)
    case .keras: try KerasFile.write(model, to: path, replacing: replacing, log: log)
    case .safetensors:
      try SafetensorsFile.write(model, to: path, replacing: replacing, log: log)
    case .npz: try NPZ.write(model, to: path, replacing: replacing, log: log)
    }
    return nil
  }
}
