internal import MRDLCompression
public import MRDLCore
internal import MRDLFormat
internal import MRDLHDF5
public import MRDLModel

/// A model file of any format, told by its content and not by its name.
public enum ModelFile {
  /// Opens a model, or weights without an architecture: see `Model.isWeightsOnly`.
  ///
  /// - Parameters:
  ///   - diagnostics: takes what is wrong with names in the graph, and notes; the model is returned
  ///     nevertheless. Without a sink such an error is thrown.
  ///   - log: takes what becomes of the parts of a model of a foreign format.
  /// - Throws: `MRDL6001` for a format that is known but not read, `MRDL1001` for a file that is no
  ///   model, `MRDL9008` for an empty one, or what the reader of the format throws.
  public static func open(
    _ path: String, options: OpeningOptions = .standard, diagnostics: Diagnostics? = nil,
    log: ConversionLog? = nil
  ) throws(MRDLError) -> Model {
    let (storage, format) = try recognize(path, memory: options.memory)
    switch format {
    case .mrdl:
      return try MRDLFile.open(storage, name: path, options: options, diagnostics: diagnostics)
    case .hdf5 where !isKeras(storage, options.limits):
      return try HDF5ModelFile.open(
        storage, name: path, options: options, diagnostics: diagnostics)
    default:
      return try openForeign(format, storage, path, options, diagnostics, log)
    }
  }

  /// Opens a file of another maker's format.
  private static func openForeign(
    _ format: FileFormat, _ storage: Storage, _ path: String, _ options: OpeningOptions,
    _ diagnostics: Diagnostics?, _ log: ConversionLog?
  ) throws(MRDLError) -> Model {
    switch format {
    case .hdf5:
      try KerasFile.open(
        hdf5: storage, path: path, options: options, diagnostics: diagnostics, log: log)
    case .keras:
      try KerasFile.open(
        archive: storage, path: path, options: options, diagnostics: diagnostics, log: log)
    case .onnx:
      try ONNXFile.open(
        storage, path: path, options: options, diagnostics: diagnostics, log: log)
    case .safetensors: try SafetensorsFile.open(storage, path: path, options: options)
    case .npz: try ArrayArchive.open(storage, path: path, options: options)
    case .pyTorch: try PyTorchFile.open(storage, path: path, options: options, log: log)
    case .zip:
      // What a damaged archive holds cannot be told, but that it is damaged.
      do throws(MRDLError) { _ = try ZipArchive(storage) } catch { throw error.inFile(path) }
      throw refusal(of: format, path)
    default: throw refusal(of: format, path)
    }
  }

  /// Reports everything that is wrong with a model file, through the parser that opens it.
  ///
  /// - Returns: the model as far as it can be read, or nil where it cannot; then a finding says why.
  /// - Throws: only where the file itself cannot be read.
  public static func verify(
    _ path: String, limits: Limits = .standard, diagnostics: Diagnostics
  ) throws(MRDLError) -> Model? {
    do throws(MRDLError) {
      let (storage, format) = try recognize(path, memory: .mapped)
      switch format {
      case .mrdl:
        return MRDLFile.verify(storage, name: path, limits: limits, diagnostics: diagnostics)
      case .hdf5 where !isKeras(storage, limits):
        return HDF5ModelFile.verify(
          storage, name: path, limits: limits, diagnostics: diagnostics)
      default:
        let model = try openForeign(
          format, storage, path, OpeningOptions(limits: limits), diagnostics, nil)
        for tensor in model.tensors { _ = try tensor.load() }
        return model
      }
    } catch {
      guard error.code.category == .badData else { throw error }
      diagnostics.report(error.finding)
      return nil
    }
  }

  /// The one value that vouches for the content of a file, once that is verified; nil for formats
  /// that have none.
  ///
  /// - Throws: what opening the file would throw.
  public static func rootDigest(
    of path: String, limits: Limits = .standard
  ) throws(MRDLError) -> Digest? {
    switch try format(of: path) {
    case .mrdl: try MRDLFile.rootDigest(of: path, limits: limits)
    case .hdf5:
      try isKeras(FileContent.map(path), limits)
        ? nil : HDF5ModelFile.rootDigest(of: path, limits: limits)
    default: nil
    }
  }

  /// What the file at a path seems to be.
  ///
  /// - Throws: `MRDL9001`, `MRDL9002`, `MRDL9004` where it cannot be read, `MRDL9008` where it is empty.
  public static func format(of path: String) throws(MRDLError) -> FileFormat {
    try recognize(path, memory: .mapped).format
  }

  /// Whether an HDF5 file is one of Keras and not of this package.
  private static func isKeras(_ storage: Storage, _ limits: Limits) -> Bool {
    !HDF5ModelFile.isModel(storage, limits: limits) && KerasFile.isModel(storage, limits: limits)
  }

  private static func recognize(
    _ path: String, memory: OpeningOptions.Memory
  ) throws(MRDLError) -> (storage: Storage, format: FileFormat) {
    let storage = memory == .mapped ? try FileContent.map(path) : try FileContent.read(path)
    guard storage.byteCount > 0 else {
      throw MRDLError(.emptyFile, "the file is empty", at: Place(file: path))
    }
    return (storage, FileFormat(of: storage))
  }

  private static func refusal(of format: FileFormat, _ path: String) -> MRDLError {
    MRDLError(
      format.isModelFormat ? .unsupportedFormat : .notAModel,
      format.isModelFormat
        ? "models of this format are not read" : "the file is not a model",
      found: format.displayName,
      expected: "an MRDL, ONNX or Keras model, or weights as .safetensors, .npz or .pt",
      at: Place(file: path))
  }
}
