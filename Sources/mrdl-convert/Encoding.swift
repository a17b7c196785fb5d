import ArgumentParser
import MRDLCore
import MRDLFormat
import MRDLHDF5
import MRDLHDF5Writing
import MRDLModel

/// An encoding that a model can be written in.
enum Encoding: String, ExpressibleByArgument, CaseIterable {
  case mrdl
  case h5

  /// The encoding that the ending of a file's name stands for.
  ///
  /// - Throws: `MRDL9007` where it stands for none.
  static func of(_ path: String) throws(MRDLError) -> Encoding {
    switch FileSystem.suffix(of: path) {
    case "mrdl": return .mrdl
    case "h5", "hdf5": return .h5
    default:
      throw MRDLError(
        .badUsage, "the ending of the output's name does not tell its encoding",
        expected: ".mrdl or .h5, or --to", at: Place(file: path))
    }
  }

  /// Writes a model.
  ///
  /// - Parameter storage: how an `.h5` file stores tensors; nothing else has a choice.
  /// - Returns: the root digest, where the encoding has one.
  func write(
    _ model: Model, to path: String, replacing: Bool, storage: HDF5WritingOptions
  ) throws(MRDLError) -> Digest? {
    switch self {
    case .mrdl:
      guard storage == .contiguous else {
        throw MRDLError(
          .badUsage, "tensors of a .mrdl file lie in one piece, so that they can be mapped",
          expected: "an output .h5 with --chunk, --shuffle, --deflate or --fletcher32",
          at: Place(file: path))
      }
      return try MRDLFile.write(model, to: path, replacing: replacing)
    case .h5:
      return try HDF5ModelFile.write(model, to: path, replacing: replacing, options: storage)
    }
  }
}
