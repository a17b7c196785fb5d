package import MRDLCore

/// Files with the names of classes.
package enum LabelFile {
  /// The names, one a line; empty lines at the end do not count.
  package static func read(_ path: String) throws(MRDLError) -> [String] {
    var lines = try FileContent.readText(path).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).map(String.init)
    while lines.last == "" { lines.removeLast() }
    guard !lines.isEmpty else {
      throw MRDLError(
        .badDataset, "the file holds no names of classes", expected: "one a line",
        at: Place(file: path))
    }
    return lines
  }
}
