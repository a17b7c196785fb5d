import MRDLCore
import TestDirectories

extension TemporaryDirectory {
  /// Writes a file and gives its path.
  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    var output = try AtomicFile(path: file(name), replacing: true)
    try output.write(bytes)
    try output.commit()
    return file(name)
  }
}
