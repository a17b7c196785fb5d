internal import CMRDLSystem

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What there is at a path, without Foundation.
public enum FileSystem {
  /// The kind of a thing at a path, after following symbolic links.
  public enum Kind: Sendable, Hashable {
    case file
    case directory
    /// A pipe, a device or a socket.
    case other
  }

  /// The kind of what is at `path`, or nil where nothing is.
  public static func kind(of path: String) -> Kind? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .directory
    default: return .other
    }
  }

  /// The number of bytes of the file at `path`, or nil where there is none.
  public static func byteCount(of path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Int(exactly: status.st_size)
  }

  /// The names in a directory in the order of their UTF-8 bytes, without `.` and `..`.
  public static func names(inDirectory path: String) throws(MRDLError) -> [String] {
    guard let directory = opendir(path) else {
      throw openingError(path, SystemError.last)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let capacity = MemoryLayout.size(ofValue: entry.pointee.d_name)
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: UInt8.self, capacity: capacity) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Creates a directory and those above it, where they do not exist.
  public static func createDirectory(_ path: String) throws(MRDLError) {
    if kind(of: path) == .directory { return }
    let parent = directory(of: path)
    if parent != path && kind(of: parent) == nil { try createDirectory(parent) }
    if mkdir(path, 0o777) != 0 && kind(of: path) != .directory {
      throw MRDLError(
        .cannotCreate, "cannot create the directory", at: Place(file: path),
        cause: SystemError.last)
    }
  }

  /// Removes a file; one that does not exist is no error.
  public static func removeFile(_ path: String) throws(MRDLError) {
    if unlink(path) != 0 {
      let error = SystemError.last
      if error.isMissingFile { return }
      throw MRDLError(.writeFailed, "cannot remove the file", at: Place(file: path), cause: error)
    }
  }

  /// The path of the directory that holds `path`: `.` for a bare name, `/` for the root.
  public static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part of a path.
  public static func name(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return path }
    return String(path[path.index(after: slash)...])
  }

  /// The last part of a path without what follows its last full stop.
  public static func stem(of path: String) -> String {
    let name = name(of: path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  /// What follows the last full stop of the last part of a path, in lower case; empty for none.
  public static func suffix(of path: String) -> String {
    let name = name(of: path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }

  /// `path` below `directory`, unless it is absolute.
  public static func join(_ directory: String, _ path: String) -> String {
    if path.hasPrefix("/") || directory.isEmpty { return path }
    return directory.hasSuffix("/") ? directory + path : directory + "/" + path
  }

  static func openingError(_ path: String, _ error: SystemError) -> MRDLError {
    error.isMissingFile
      ? MRDLError(.noSuchFile, "no such file or directory", at: Place(file: path))
      : MRDLError(.cannotOpen, "cannot open", at: Place(file: path), cause: error)
  }
}
