internal import MRDLCompression
package import MRDLCore
package import MRDLInterchange
package import MRDLModel
internal import MRDLOperators

extension NPZ {
  /// Writes the weights of a model, each as an array of its name.
  ///
  /// NumPy has no `bf16`: such tensors become `f32`, which holds the same numbers.
  ///
  /// - Parameter log: takes what is converted and what the format has no place for.
  /// - Throws: `MRDL6012` for a type or a name that the format lacks, `MRDL9003`, `MRDL9005`, `MRDL9006`
  ///   where the file cannot be written, or an error of reading a tensor.
  package static func write(
    _ model: Model, to path: String, replacing: Bool, log: ConversionLog? = nil
  ) throws(MRDLError) {
    let tensors = model.exportedWeights(log: log, format: "npz")
    for tensor in tensors {
      guard isArrayName(tensor.info.name), tensor.info.scalarType.isComputable else {
        throw MRDLError(
          .notExportable, "NumPy has no such arrays",
          found: "\(tensor.info.scalarType.rawValue) \"\(tensor.info.name)\"",
          at: Place(file: path))
      }
    }
    var archive = try ZipWriter(path: path, replacing: replacing)
    for tensor in tensors {
      var content = try tensor.load()
      if content.scalarType == .bfloat16 {
        content = try content.cast(to: .float32)
        log?.add(.mapped, tensor.info.name, "bf16 as f32")
      }
      try archive.append(NPZ.Array(name: tensor.info.name, tensor: content))
      content.releasePages()
    }
    try archive.commit()
  }

  /// Whether an archive can hold an entry of the name: a relative path.
  private static func isArrayName(_ name: String) -> Bool {
    name.utf8.count < 4096
      && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
        !part.isEmpty && part != "." && part != ".."
          && !part.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: ":") }
      }
  }
}
