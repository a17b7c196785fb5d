import MRDLCore
import MRDLHDF5
import MRDLModel

extension HDF5ModelFile {
  /// Writes a model; its tensors are loaded one after the other.
  ///
  /// An existing file is harmed neither by an error nor by a crash: it is replaced at the end.
  ///
  /// - Parameter replacing: whether a file that exists may be replaced.
  /// - Returns: the root digest.
  /// - Throws: `MRDL2006`, `MRDL9003`, `MRDL9005`, `MRDL9006` where the file cannot be written, an
  ///   error of reading a tensor, or what reading the header would throw.
  @discardableResult
  package static func write(
    _ model: Model, to path: String, replacing: Bool = false,
    options: HDF5WritingOptions = .contiguous
  ) throws(MRDLError) -> Digest {
    var writer = try HDF5ModelWriter(
      ModelHeader(model), path: path, replacing: replacing, options: options)
    for tensor in model.tensors { try writer.append(tensor.load()) }
    return try writer.commit()
  }
}
