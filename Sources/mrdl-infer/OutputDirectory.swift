import MRDLCore
import MRDLInterchange

/// A directory with the outputs of a run: `output_0.npy` … and `outputs.json`, which names them in the
/// order of the graph.
struct OutputDirectory {
  private let path: String

  /// Creates the directory where it does not exist.
  init(_ path: String) throws(MRDLError) {
    self.path = path
    try FileSystem.createDirectory(path)
  }

  /// Writes the outputs; files of an earlier run are replaced.
  func write(_ outputs: [(name: String, tensor: Tensor)]) throws(MRDLError) {
    var listing: [JSONValue] = []
    for (index, output) in outputs.enumerated() {
      let file = "output_\(index).npy"
      try NPY.write(output.tensor, to: FileSystem.join(path, file), replacing: true)
      listing.append(
        .object([
          "name": .string(output.name), "file": .string(file),
          "dtype": .string(Self.numpyName(output.tensor.scalarType)),
          "shape": .integers(output.tensor.shape.dimensions),
        ]))
    }
    var index = try AtomicFile(path: FileSystem.join(path, "outputs.json"), replacing: true)
    try index.write(JSONValue.array(listing).text(.indented))
    try index.commit()
  }

  /// The name that NumPy has for a type.
  private static func numpyName(_ type: ScalarType) -> String {
    switch type {
    case .float64: "float64"
    case .float32: "float32"
    case .float16: "float16"
    case .int8: "int8"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    case .uint8: "uint8"
    case .uint16: "uint16"
    case .uint32: "uint32"
    case .uint64: "uint64"
    case .bool: "bool"
    default: type.rawValue
    }
  }
}
