package import MRDLCore
internal import MRDLHDF5

/// Named arrays on a disk: an `.npz` archive, an HDF5 file, or a directory with `.npy` files. Elements that lie as they
/// are computed with (`.npy`, what `numpy.savez` has stored, contiguous data sets of HDF5) are mapped, so that
/// data may be larger than the memory.
package struct ArrayCollection: Sendable {
  private enum Source: Sendable {
    case arrays([String: Tensor])
    case hdf5(HDF5Group)
    case directory
  }

  package let path: String
  private let source: Source

  /// nil where the path names no such thing.
  ///
  /// - Parameter inputs: an array that a directory must hold, maybe with `_train`, to be one.
  /// - Throws: what is wrong with an archive or a file that is one.
  package init?(_ path: String, inputs: String) throws(MRDLError) {
    self.path = path
    if FileSystem.kind(of: path) == .directory {
      let files = [inputs, inputs + "_train"].map { FileSystem.join(path, $0 + ".npy") }
      guard files.contains(where: { FileSystem.kind(of: $0) == .file }) else { return nil }
      source = .directory
      return
    }
    switch try ModelFile.format(of: path) {
    case .npz:
      var arrays: [String: Tensor] = [:]
      for array in try NPZ.read(path) { arrays[array.name] = array.tensor }
      source = .arrays(arrays)
    case .hdf5:
      do {
        source = .hdf5(try HDF5File(try FileContent.map(path)).root)
      } catch {
        throw error.inFile(path)
      }
    default: return nil
    }
  }

  /// The array of a name, which for HDF5 is a path; nil where there is none.
  package func array(_ name: String) throws(MRDLError) -> Tensor? {
    switch source {
    case .arrays(let arrays): return arrays[name]
    case .directory:
      let file = file(name)
      return FileSystem.kind(of: file) == .file ? try NPY.read(file) : nil
    case .hdf5(let root):
      guard try exists(name, in: root) else { return nil }
      do {
        return try root.dataset(path: name).tensor()
      } catch {
        throw error.inFile(path)
      }
    }
  }

  /// The array of a name whose first axis is that of samples.
  ///
  /// - Throws: `MRDL5001` where there is none, or one without axes.
  package func samples(_ name: String) throws(MRDLError) -> Tensor {
    guard let tensor = try array(name) else {
      throw MRDLError(
        .badDataset, "there is no array of that name", found: "\"\(name)\"",
        expected: try names().prefix(20).joined(separator: ", "), at: Place(file: path))
    }
    guard tensor.shape.rank > 0 else {
      throw MRDLError(
        .badDataset, "an array does not hold something for each sample",
        found: "\(name) \(tensor.scalarType.rawValue) \(tensor.shape)",
        expected: "[samples, …]", at: Place(file: path))
    }
    return tensor
  }

  private func exists(_ name: String, in root: HDF5Group) throws(MRDLError) -> Bool {
    var group = root
    let parts = name.split(separator: "/").map(String.init)
    for (index, part) in parts.enumerated() {
      guard group.link(named: part) != nil else { return false }
      if index + 1 < parts.count { group = try group.group(path: part) }
    }
    return !parts.isEmpty
  }

  private func file(_ name: String) -> String { FileSystem.join(path, name + ".npy") }

  /// What there is, for messages.
  package func names() throws(MRDLError) -> [String] {
    switch source {
    case .arrays(let arrays): arrays.keys.sorted()
    case .hdf5(let root): root.names
    case .directory:
      try FileSystem.names(inDirectory: path).filter { $0.hasSuffix(".npy") }.map {
        FileSystem.stem(of: $0)
      }.sorted()
    }
  }

  /// The SHA-256 of the file, or of the files of some arrays one after the other.
  package func digest(of names: [String]) throws(MRDLError) -> Digest {
    var files = [path]
    if case .directory = source { files = names.map(file) }
    var hasher = SHA256()
    for file in files { try FileContent.map(file).withUnsafeBytes { hasher.update($0) } }
    return hasher.finalize()
  }
}
