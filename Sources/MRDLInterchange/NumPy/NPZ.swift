internal import MRDLCompression
package import MRDLCore

/// The `.npz` format of NumPy: a zip archive with one `.npy` file for each array.
package enum NPZ {
  /// One array of an archive.
  package struct Array: Sendable {
    /// The name in the archive, without `.npy`.
    package let name: String
    package let tensor: Tensor

    package init(name: String, tensor: Tensor) {
      self.name = name
      self.tensor = tensor
    }
  }

  static let suffix = ".npy"

  /// Reads every array, in the order of the archive.
  ///
  /// Elements that `numpy.savez` stored aligned are shared with `content`; `numpy.savez_compressed`
  /// deflates them, and they are inflated once.
  ///
  /// - Throws: `MRDL2501` and `MRDL2502` for a damaged archive, `MRDL6002` for a member that is not an
  ///   array of numbers; the place names the member.
  package static func decode(
    _ content: Storage, limits: Limits = .standard
  ) throws(MRDLError) -> [Array] {
    let archive = try ZipArchive(content, limits: limits)
    var arrays: [Array] = []
    for entry in archive.entries {
      guard entry.name.hasSuffix(suffix), entry.name.utf8.count > suffix.utf8.count else {
        throw MRDLError(
          .badNPY, "a member of the archive is not an array", found: entry.name,
          expected: "a name that ends in \(suffix)", at: Place(entry.name))
      }
      var reader = try archive.content(of: entry)
      reader = reader.reportingTruncation(as: .badNPY)
      do {
        arrays.append(
          Array(
            name: String(entry.name.dropLast(suffix.count)),
            tensor: try NPY.decode(reader, limits: limits)))
      } catch {
        var placed = error
        placed.finding.place.path = entry.name
        throw placed
      }
    }
    return arrays
  }

  /// Reads every array of a file.
  package static func read(
    _ path: String, limits: Limits = .standard
  ) throws(MRDLError) -> [Array] {
    let content = try FileContent.map(path)
    do {
      return try decode(content, limits: limits)
    } catch {
      throw error.inFile(path)
    }
  }
}
