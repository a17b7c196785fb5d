package import MRDLCore
internal import MRDLImages

/// The pictures of a directory, told by their content or by the endings of their names.
///
/// The ending counts too, so that a damaged picture is reported and not passed over.
package enum ImageFolder {
  /// Endings of files that are taken for pictures.
  package static let suffixes: Set = [
    "png", "bmp", "pnm", "pbm", "pgm", "ppm", "pam", "jpg", "jpeg",
  ]

  /// The paths of the pictures directly in a directory, in the order of their names.
  ///
  /// - Throws: `MRDL9001` where the directory does not exist.
  package static func paths(in directory: String) throws(MRDLError) -> [String] {
    try FileSystem.names(inDirectory: directory).filter { !$0.hasPrefix(".") }
      .map { FileSystem.join(directory, $0) }
      .filter { path in
        guard FileSystem.kind(of: path) == .file else { return false }
        return suffixes.contains(FileSystem.suffix(of: path)) || ImageFormat(ofFile: path) != nil
      }
  }
}
