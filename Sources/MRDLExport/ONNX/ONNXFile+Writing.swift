package import MRDLCore
package import MRDLInterchange
package import MRDLModel

extension ONNXFile {
  /// The most bytes that protobuf permits in one message.
  package static let messageByteCountLimit = Int(Int32.max)

  /// Writes a model; its tensors are loaded one after the other.
  ///
  /// A model beyond the limit of protobuf gets a file `NAME.data` beside it for its large tensors.
  ///
  /// - Parameters:
  ///   - messageByteCountLimit: beyond how many bytes tensors go to a file of their own.
  ///   - log: takes what the file cannot hold.
  /// - Throws: `MRDL6012` for what ONNX cannot hold, `MRDL9003`, `MRDL9005`, `MRDL9006` where a file
  ///   cannot be written, or an error of reading a tensor.
  package static func write(
    _ model: Model, to path: String, replacing: Bool, log: ConversionLog? = nil,
    messageByteCountLimit: Int = messageByteCountLimit
  ) throws(MRDLError) {
    guard !model.isWeightsOnly else {
      throw MRDLError(
        .weightsOnly, "an ONNX file needs an architecture", expected: "a model, or --architecture",
        at: Place(file: path))
    }
    let model = ONNXPortability.rewritten(model)
    var exporter = ONNXExporter(model)
    var message: ProtobufMessage
    do throws(MRDLError) {
      message = try exporter.message()
      if message.byteCount > messageByteCountLimit {
        exporter = ONNXExporter(model, externalLocation: FileSystem.name(of: path) + ".data")
        message = try exporter.message()
      }
    } catch {
      throw error.inFile(path)
    }
    if !model.goldenVectors.isEmpty {
      log?.add(
        .dropped, Quantity.count(model.goldenVectors.count, "golden vector"),
        "ONNX has no place for them")
    }
    for (isThere, what) in [
      (!model.preprocessing.isEmpty, "preprocessing"), (!model.meanings.isEmpty, "meanings"),
    ] where isThere {
      log?.add(
        .approximated, what, "the property \(headerProperty), which other programs do not read")
    }
    if let data = exporter.externalData {
      try write(data, to: FileSystem.join(FileSystem.directory(of: path), data.location), replacing)
    }
    var file = try AtomicFile(path: path, replacing: replacing)
    try message.write(to: &file)
    try file.commit()
  }

  private static func write(
    _ data: ONNXExporter.ExternalData, to path: String, _ replacing: Bool
  ) throws(MRDLError) {
    var file = try AtomicFile(path: path, replacing: replacing)
    for (tensor, byteOffset) in data.tensors {
      try file.write([UInt8](repeating: 0, count: byteOffset - file.byteCount))
      try file.write(tensor.load())
    }
    try file.commit()
  }
}
