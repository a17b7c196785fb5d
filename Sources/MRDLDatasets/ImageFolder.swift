package import MRDLCore

/// The pictures of a directory, told by the endings of their names.
package enum ImageFolder {
  /// Endings of files that are taken for pictures.
  package static let suffixes: Set = [
    "png", "bmp", "pnm", "pbm", "pgm", "ppm", "pam", "jpg", "jpeg",
  ]

  /// The paths of the pictures directly in a directory, in the order of their names.
  ///
  /// - Throws: `MRDL9001` where the directory does not exist.
  package static func paths(in directory: String) throws(MRDLError) -> [String] {
    try FileSystem.names(inDirectory: directory).filter {
      suffixes.contains(FileSystem.suffix(of: $0)) && !$0.hasPrefix(".")
    }.map { FileSystem.join(directory, $0) }
  }
}
