import MRDLCore
import MRDLDatasets

/// The inputs of a command line one after the other: files, the pictures of directories, and paths on
/// standard input.
struct InputList {
  private var arguments: ArraySlice<String>
  private var pictures: ArraySlice<String> = []
  private var readsStandardInput = false
  /// Whether there may be more than one input, so that a bad one does not end the command.
  let mayHaveMany: Bool
  /// Whether there is nothing but the pictures of one directory.
  let isOneDirectory: Bool

  init(_ arguments: [String]) {
    self.arguments = arguments[...]
    isOneDirectory =
      arguments.count == 1 && arguments[0] != "-"
      && FileSystem.kind(of: arguments[0]) == .directory
    mayHaveMany = arguments.count != 1 || arguments[0] == "-" || isOneDirectory
  }

  /// The next path, or nil at the end.
  ///
  /// - Throws: `MRDL9001` for a directory without pictures, or one that cannot be read.
  mutating func next() throws(MRDLError) -> String? {
    while true {
      if let picture = pictures.popFirst() { return picture }
      if readsStandardInput {
        while let line = readLine() {
          if !line.isEmpty { return line }
        }
        readsStandardInput = false
      }
      guard let argument = arguments.popFirst() else { return nil }
      if argument == "-" {
        readsStandardInput = true
      } else if FileSystem.kind(of: argument) == .directory {
        pictures = try ImageFolder.paths(in: argument)[...]
        guard !pictures.isEmpty else {
          throw MRDLError(
            .noSuchFile, "the directory holds no pictures", at: Place(file: argument))
        }
      } else {
        return argument
      }
    }
  }
}
