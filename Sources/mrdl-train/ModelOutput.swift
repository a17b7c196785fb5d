import MRDLCore
import MRDLFormat
import MRDLHDF5
import MRDLHDF5Writing
import MRDLModel

/// The file that a trained model goes to, tried out before the training begins.
struct ModelOutput {
  let path: String
  let replacing: Bool
  private let isHDF5: Bool

  /// - Throws: `MRDL9003` or `MRDL9006` where the file cannot be written, `MRDL9007` for a name that
  ///   tells no format.
  init(path: String, replacing: Bool) throws(MRDLError) {
    switch FileSystem.suffix(of: path) {
    case "mrdl": isHDF5 = false
    case "h5", "hdf5": isHDF5 = true
    default:
      throw MRDLError(
        .badUsage, "the name of the output does not tell its format", found: path,
        expected: "a name that ends in .mrdl or .h5")
    }
    self.path = path
    self.replacing = replacing
    // Creating and dropping the temporary file shows that it can be done.
    _ = try AtomicFile(path: path, replacing: replacing)
  }

  /// Where the state of the training goes unless the caller says otherwise.
  var checkpointPath: String {
    FileSystem.join(
      FileSystem.directory(of: path),
      FileSystem.stem(of: FileSystem.name(of: path)) + ".checkpoint.mrdl")
  }

  func write(_ model: Model) throws(MRDLError) {
    if isHDF5 {
      try HDF5ModelFile.write(model, to: path, replacing: replacing)
    } else {
      try MRDLFile.write(model, to: path, replacing: replacing)
    }
  }
}
