package import MRDLCompression
package import MRDLCore

extension NPZ {
  /// Writes arrays in their order, stored and aligned.
  ///
  /// - Precondition: names are those of files, each another one.
  /// - Throws: what `NPY.header` throws for a type that NumPy lacks, `MRDL9003`, `MRDL9005`, `MRDL9006`
  ///   where the file cannot be written.
  package static func write(
    _ arrays: [Array], to path: String, replacing: Bool
  ) throws(MRDLError) {
    var archive = try ZipWriter(path: path, replacing: replacing)
    for array in arrays { try archive.append(array) }
    try archive.commit()
  }
}

extension ZipWriter {
  /// Adds an array, stored and aligned.
  ///
  /// - Throws: what `NPY.header` throws for a type that NumPy lacks, `MRDL9006` where it cannot be written.
  package mutating func append(_ array: NPZ.Array) throws(MRDLError) {
    let header = try NPY.header(of: array.tensor)
    let name = array.name + NPZ.suffix
    try array.tensor.withUnsafeBytes { (bytes) throws(MRDLError) in
      try append(name, header, bytes)
    }
  }
}
