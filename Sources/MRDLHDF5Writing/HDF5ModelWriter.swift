import MRDLCore
import MRDLHDF5
import MRDLModel

/// Writes an `.h5` model tensor by tensor, so that no more than one of them need be in memory.
///
///     var writer = try HDF5ModelWriter(header, path: "model.h5", replacing: true)
///     for tensor in tensors { try writer.append(tensor) }
///     try writer.commit()
///
/// A writer that is dropped leaves no trace, and an existing file as it was. The same model gives the
/// same bytes with the same release of libhdf5.
package struct HDF5ModelWriter: ~Copyable {
  private typealias Layout = HDF5ContainerLayout

  /// What the file says of its tensors, in the order in which they are appended.
  package let tensors: [TensorInfo]
  /// The number of tensors that have been appended.
  package private(set) var appendedCount = 0

  private let version: ModelHeader.Version
  private let requiredFeatures: RequiredFeatures
  private let options: HDF5WritingOptions
  private let headerDigest: Digest
  private var digestTable: [UInt8] = []
  private var file: HDF5Output
  private var destination: AtomicFile

  /// Creates the file and writes its header.
  ///
  /// - Parameters:
  ///   - header: everything of the model but the bytes of its tensors; its version becomes the lowest
  ///     that holds it.
  ///   - replacing: whether a file that exists may be replaced.
  /// - Throws: `MRDL9003`, `MRDL9006` where the file cannot be created, `MRDL2006` where libhdf5
  ///   cannot write it, or what reading the header would throw.
  package init(
    _ header: ModelHeader, path: String, replacing: Bool,
    options: HDF5WritingOptions = .contiguous
  ) throws(MRDLError) {
    var header = header
    header.version = header.lowestVersion
    let text: [UInt8]
    do throws(MRDLError) {
      text = try header.textForWriting()
    } catch {
      throw error.inFile(path)
    }
    // Everything that throws comes first: a value that cannot be copied is made in one go.
    let destination = try AtomicFile(path: path, replacing: replacing)
    guard destination.temporaryPath != path else {
      throw MRDLError(
        .cannotCreate, "an HDF5 file cannot be written to a pipe or a device",
        expected: "a file", at: Place(file: path))
    }
    file = try Self.begin(destination.temporaryPath, text: text, path: path)
    self.destination = destination
    version = header.version
    requiredFeatures = header.requiredFeatures
    tensors = header.tensors
    self.options = options
    headerDigest = Digest(of: text)
  }

  private static func begin(
    _ temporaryPath: String, text: [UInt8], path: String
  ) throws(MRDLError) -> HDF5Output {
    do throws(MRDLError) {
      let file = try HDF5Output(overwriting: temporaryPath)
      try file.addDataset(Layout.header, Tensor(text))
      try file.addGroup(Layout.tensors)
      return file
    } catch {
      throw error.inFile(path)
    }
  }

  /// Writes the next tensor of the table.
  ///
  /// - Precondition: there is one left.
  /// - Throws: `MRDL1303` where its type or shape are not those of the table, `MRDL2006` where it
  ///   cannot be written.
  package mutating func append(_ tensor: Tensor) throws(MRDLError) {
    precondition(appendedCount < tensors.count, "the file has only \(tensors.count) tensors")
    let info = tensors[appendedCount]
    guard tensor.scalarType == info.scalarType, tensor.shape == info.shape,
      let shape = Layout.storedShape(of: info)
    else {
      throw MRDLError(
        .wrongByteCount, "a tensor is not what the header says of it",
        found: "\(tensor.scalarType.rawValue) \(tensor.shape)",
        expected: "\(info.scalarType.rawValue) \(info.shape)",
        at: Place(file: destination.path, path: info.name))
    }
    let stored = try Tensor(
      Layout.storedType(of: info.scalarType), shape: shape, storage: tensor.storage,
      byteOffset: tensor.byteOffset)
    do throws(MRDLError) {
      try file.addDataset(Layout.path(ofTensor: info.name), stored, options: options)
    } catch {
      throw Self.placed(error, Place(file: destination.path, path: info.name))
    }
    digestTable += tensor.withUnsafeBytes { Digest(of: $0) }.bytes
    tensor.releasePages()
    appendedCount += 1
  }

  /// Adds digests and version and gives the file its name.
  ///
  /// - Precondition: all tensors have been appended.
  /// - Returns: the root digest, which vouches for the content of the file.
  /// - Throws: `MRDL2006`, `MRDL9005` where the file cannot be written.
  @discardableResult
  package consuming func commit() throws(MRDLError) -> Digest {
    precondition(
      appendedCount == tensors.count,
      "\(appendedCount) of \(tensors.count) tensors were appended")
    let rootDigest = Layout.rootDigest(
      version: version, requiredFeatures: requiredFeatures, headerDigest: headerDigest,
      digestTable: digestTable)
    let path = destination.path
    do throws(MRDLError) {
      try file.addDataset(
        Layout.digests, Tensor(digestTable, shape: [tensors.count, Digest.byteCount]))
      try file.addAttribute(
        Layout.Attribute.version, [UInt16(version.major), UInt16(version.minor)])
      try file.addAttribute(
        Layout.Attribute.requiredFeatures, [requiredFeatures.rawValue], isScalar: true)
      try file.addAttribute(Layout.Attribute.headerDigest, headerDigest.bytes)
      try file.addAttribute(Layout.Attribute.rootDigest, rootDigest.bytes)
      try file.close()
    } catch {
      throw Self.placed(error, Place(file: path))
    }
    try destination.commit()
    return rootDigest
  }

  private static func placed(_ error: MRDLError, _ place: Place) -> MRDLError {
    var error = error
    error.finding.place = place
    return error
  }
}
