import MRDLCore
import MRDLInterchange
import MRDLModel

/// A directory with the outputs of a run: `output_0.npy` or `.npz` … and `outputs.json`, which names them in the
/// order of the graph.
struct OutputDirectory {
  private let path: String

  /// Creates the directory where it does not exist.
  init(_ path: String) throws(MRDLError) {
    self.path = path
    try FileSystem.createDirectory(path)
  }

  /// Writes the outputs; files of an earlier run are replaced. A sequence is an archive of arrays.
  func write(_ outputs: [(name: String, value: GraphValue)]) throws(MRDLError) {
    var listing: [JSONValue] = []
    for (index, output) in outputs.enumerated() {
      var members = [JSONMember("name", .string(output.name))]
      try write(output.value, "output_\(index)", &members)
      listing.append(.object(members))
    }
    var index = try AtomicFile(path: FileSystem.join(path, "outputs.json"), replacing: true)
    try index.write(JSONValue.array(listing).text(.indented))
    try index.commit()
  }

  private func write(
    _ value: GraphValue, _ stem: String, _ members: inout [JSONMember]
  ) throws(MRDLError) {
    switch value {
    case .tensor(let tensor):
      let file = stem + ".npy"
      try NPY.write(tensor, to: FileSystem.join(path, file), replacing: true)
      members += [
        JSONMember("file", .string(file)),
        JSONMember("dtype", .string(Self.numpyName(tensor.scalarType))),
        JSONMember("shape", .integers(tensor.shape.dimensions)),
      ]
    case .sequence:
      let file = stem + ".npz"
      let tensors = value.tensors
      try NPZ.write(
        tensors.enumerated().map { NPZ.Array(name: "arr_\($0)", tensor: $1) },
        to: FileSystem.join(path, file), replacing: true)
      members += [
        JSONMember("file", .string(file)),
        JSONMember("elements", .array(tensors.map(Self.element))),
      ]
    case .optional(let inner?): try write(inner, stem, &members)
    case .optional(nil): members.append(JSONMember("file", .null))
    }
  }

  private static func element(_ tensor: Tensor) -> JSONValue {
    .object([
      "dtype": .string(numpyName(tensor.scalarType)),
      "shape": .integers(tensor.shape.dimensions),
    ])
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
