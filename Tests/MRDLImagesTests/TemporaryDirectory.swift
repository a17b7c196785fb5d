import Foundation
import MRDLCore

/// A directory of its own for a test, removed with everything in it at the end.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "mrdl-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  func file(_ name: String) -> String { path + "/" + name }

  /// Writes a file and gives its path.
  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    var output = try AtomicFile(path: file(name), replacing: true)
    try output.write(bytes)
    try output.commit()
    return file(name)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
