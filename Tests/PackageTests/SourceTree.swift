import MRDLCore

/// The files of this repository, for tests that read them.
enum SourceTree {
  /// The root of the repository.
  static let root: String = {
    let file = #filePath
    return FileSystem.directory(of: FileSystem.directory(of: FileSystem.directory(of: file)))
  }()

  /// The paths of all files below a directory, relative to the root, in order.
  static func files(below directory: String, suffixes: Set<String>) throws -> [String] {
    var found: [String] = []
    for name in try FileSystem.names(inDirectory: FileSystem.join(root, directory)) {
      let path = FileSystem.join(directory, name)
      if FileSystem.kind(of: FileSystem.join(root, path)) == .directory {
        found += try files(below: path, suffixes: suffixes)
      } else if suffixes.contains(FileSystem.suffix(of: name)) {
        found.append(path)
      }
    }
    return found
  }

  /// The text of a file given relative to the root.
  static func text(_ path: String) throws -> String {
    try FileContent.readText(FileSystem.join(root, path))
  }

  /// The names of the directories below Sources/, which are those of the targets.
  static func targetDirectories() throws -> [String] {
    try FileSystem.names(inDirectory: FileSystem.join(root, "Sources")).filter {
      FileSystem.kind(of: FileSystem.join(root, "Sources/\($0)")) == .directory
    }
  }
}
