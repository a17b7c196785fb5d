import Foundation
import MRDLCore
import MRDLHDF5
import Testing

/// The half of `Tests/Interoperability/check_hdf5.py` that runs this package's reader: it describes
/// every `.h5` file of the directory that `MRDL_HDF5_DIR` names in files `NAME.json` and `NAME.bin`.
struct InteroperabilityBridge {
  @Test(.enabled(if: directoryOfForeignFiles != nil))
  func describeFiles() throws {
    let directory = try #require(directoryOfForeignFiles)
    let names = try FileSystem.names(inDirectory: directory).filter { $0.hasSuffix(".h5") }
    try #require(!names.isEmpty)
    for name in names {
      let path = FileSystem.join(directory, name)
      let dump = FileDump(try FileContent.map(path))
      try write(Array(dump.description.text(.compact).utf8), to: path + ".json")
      try write(dump.bytes, to: path + ".bin")
    }
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    var file = try AtomicFile(path: path, replacing: true)
    try file.write(bytes)
    try file.commit()
  }
}

private let directoryOfForeignFiles = ProcessInfo.processInfo.environment["MRDL_HDF5_DIR"]
