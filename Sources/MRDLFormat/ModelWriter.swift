public import MRDLCore
public import MRDLModel

/// Writes a `.mrdl` file tensor by tensor, so that no more than one of them need be in memory.
///
///     var writer = try ModelWriter(header, path: "model.mrdl", replacing: true)
///     for tensor in tensors { try writer.append(tensor) }
///     try writer.commit()
///
/// A writer that is dropped leaves no trace, and an existing file as it was.
public struct ModelWriter: ~Copyable {
  /// What the file says of its tensors, in the order in which they are appended.
  public let tensors: [TensorInfo]
  /// The number of tensors that have been appended.
  public private(set) var appendedCount = 0

  private let version: ModelHeader.Version
  private let requiredFeatures: RequiredFeatures
  private let layout: ContainerLayout
  private let ranges: [Range<Int>]
  private let headerDigest: Digest
  private var digestTable: [UInt8] = []
  private var file: AtomicFile

  /// Creates the file and writes its header.
  ///
  /// - Parameters:
  ///   - header: everything of the model but the bytes of its tensors; its version becomes the lowest
  ///     that holds it.
  ///   - replacing: whether a file that exists may be replaced.
  /// - Throws: `MRDL9003`, `MRDL9006` where the file cannot be created, or what reading the header
  ///   would throw.
  public init(_ header: ModelHeader, path: String, replacing: Bool) throws(MRDLError) {
    var header = header
    header.version = header.lowestVersion
    let (text, layout, ranges) = try Self.plan(header, path: path)
    // Everything that throws comes first: a value that cannot be copied is made in one go.
    file = try Self.begin(path: path, replacing: replacing, text: text, layout)
    version = header.version
    requiredFeatures = header.requiredFeatures
    tensors = header.tensors
    self.layout = layout
    self.ranges = ranges
    headerDigest = Digest(of: text)
  }

  private static func begin(
    path: String, replacing: Bool, text: [UInt8], _ layout: ContainerLayout
  ) throws(MRDLError) -> AtomicFile {
    var file = try AtomicFile(path: path, replacing: replacing)
    try file.write([UInt8](repeating: 0, count: Prelude.byteCount))
    try file.write(text)
    try file.write([UInt8](repeating: 0, count: layout.data.lowerBound - file.byteCount))
    return file
  }

  private static func plan(
    _ header: ModelHeader, path: String
  ) throws(MRDLError) -> (text: [UInt8], layout: ContainerLayout, ranges: [Range<Int>]) {
    do throws(MRDLError) {
      let text = try header.textForWriting()
      guard let ranges = ContainerLayout.ranges(of: header.tensors),
        let layout = ContainerLayout(
          headerByteCount: text.count, tensorCount: header.tensors.count,
          dataByteCount: ranges.last?.upperBound ?? 0)
      else {
        throw MRDLError(.limitExceeded, "the model has more bytes than a file can hold")
      }
      return (text, layout, ranges)
    } catch {
      throw error.inFile(path)
    }
  }

  /// Writes the next tensor of the table.
  ///
  /// - Precondition: there is one left.
  /// - Throws: `MRDL1303` where its type or shape are not those of the table, `MRDL9005` where it
  ///   cannot be written.
  public mutating func append(_ tensor: Tensor) throws(MRDLError) {
    precondition(appendedCount < tensors.count, "the file has only \(tensors.count) tensors")
    let info = tensors[appendedCount]
    guard tensor.scalarType == info.scalarType, tensor.shape == info.shape else {
      throw MRDLError(
        .wrongByteCount, "a tensor is not what the header says of it",
        found: "\(tensor.scalarType.rawValue) \(tensor.shape)",
        expected: "\(info.scalarType.rawValue) \(info.shape)",
        at: Place(file: file.path, path: info.name))
    }
    let start = layout.data.lowerBound + ranges[appendedCount].lowerBound
    try file.write([UInt8](repeating: 0, count: start - file.byteCount))
    let digest = try tensor.withUnsafeBytes { (bytes) throws(MRDLError) in
      try file.write(bytes)
      return Digest(of: bytes)
    }
    digestTable += digest.bytes
    tensor.releasePages()
    appendedCount += 1
  }

  /// Fills in the digests and gives the file its name.
  ///
  /// - Precondition: all tensors have been appended.
  /// - Returns: the root digest, which vouches for the whole file.
  /// - Throws: `MRDL9005` where the file cannot be written.
  @discardableResult
  public consuming func commit() throws(MRDLError) -> Digest {
    precondition(
      appendedCount == tensors.count,
      "\(appendedCount) of \(tensors.count) tensors were appended")
    let prelude = Prelude.encoded(
      version: version, requiredFeatures: requiredFeatures, layout: layout,
      headerDigest: headerDigest, digestTable: digestTable)
    try file.overwrite(digestTable, byteOffset: layout.digestTable.lowerBound)
    try file.overwrite(prelude.bytes, byteOffset: 0)
    try file.commit()
    return prelude.rootDigest
  }
}
