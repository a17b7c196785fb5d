import MRDLCore
import MRDLModel

/// An `.h5` model taken apart, for opening and for verifying alike.
struct HDF5ContainerReader {
  private typealias Layout = HDF5ContainerLayout

  let header: ModelHeader
  let digests: [Digest]
  let rootDigest: Digest
  /// The data set of each tensor, or why it cannot be used.
  let datasets: [Result<HDF5Dataset, MRDLError>]

  private let tensorGroup: HDF5Group

  /// Reads everything but the elements of the tensors.
  ///
  /// What is wrong is reported; what makes the rest unreadable is thrown.
  ///
  /// - Complexity: O(n) in the bytes of the header and in the tensors.
  init(_ storage: Storage, limits: Limits, diagnostics: Diagnostics) throws(MRDLError) {
    let file = try HDF5File(storage, limits: limits)
    Self.checkLength(of: storage, file, diagnostics)
    let root = try file.root
    let attributes = root.attributes
    let version = try Self.version(attributes)
    let features = try Self.requiredFeatures(attributes)
    let headerDigest = try Self.digest(attributes, Layout.Attribute.headerDigest)
    rootDigest = try Self.digest(attributes, Layout.Attribute.rootDigest)

    let text = try Self.bytes(
      try root.dataset(path: Layout.header), rank: 1, limit: limits.headerByteCount)
    let foundDigest = text.withUnsafeBytes { Digest(of: $0) }
    if foundDigest != headerDigest {
      diagnostics.report(
        .headerDigestMismatch, "the header is not what was written",
        found: "SHA-256 \(foundDigest)", expected: "\(headerDigest)",
        at: Place("/\(Layout.header)"))
    }
    header = try text.withUnsafeBytes { (bytes) throws(MRDLError) in
      try ModelHeader(decoding: bytes, limits: limits, diagnostics: diagnostics)
    }
    if header.version != version {
      diagnostics.report(
        .badHDF5Container, "the attribute and the header state different versions",
        found: "\(version)", expected: "\(header.version)",
        at: Place("/@\(Layout.Attribute.version)"))
    }
    if header.requiredFeatures != features {
      diagnostics.report(
        .badHDF5Container, "the attribute requires other features than the header has",
        found: "\(features.rawValue)", expected: "\(header.requiredFeatures.rawValue)",
        at: Place("/@\(Layout.Attribute.requiredFeatures)"))
    }

    let table = try Self.digestTable(root, count: header.tensors.count)
    let foundRoot = Layout.rootDigest(
      version: version, requiredFeatures: features, headerDigest: headerDigest,
      digestTable: table)
    if foundRoot != rootDigest {
      diagnostics.report(
        .rootDigestMismatch, "the attributes or the digests are not what was written",
        found: "SHA-256 \(foundRoot)", expected: "\(rootDigest)",
        at: Place("/@\(Layout.Attribute.rootDigest)"))
    }
    digests = stride(from: 0, to: table.count, by: Digest.byteCount).compactMap {
      Digest(Array(table[$0..<($0 + Digest.byteCount)]))
    }

    let group = try root.group(path: Layout.tensors)
    tensorGroup = group
    datasets = header.tensors.map { tensor in
      do throws(MRDLError) {
        return .success(try Self.dataset(of: tensor, in: group))
      } catch {
        return .failure(error)
      }
    }
  }

  /// The model, whose tensors are parts of the storage where that is possible.
  func model(verifies: Bool, file: String?) throws(MRDLError) -> Model {
    var sources: [VerifiedTensorSource] = []
    sources.reserveCapacity(header.tensors.count)
    for (index, info) in header.tensors.enumerated() {
      let dataset = datasets[index]
      let type = info.scalarType
      let shape = info.shape
      sources.append(
        VerifiedTensorSource(
          digest: digests[index], verifies: verifies, place: Place(file: file, path: info.name)
        ) { () throws(MRDLError) in
          let stored = try dataset.get().tensor()
          return try Tensor(
            type, shape: shape, storage: stored.storage, byteOffset: stored.byteOffset)
        })
    }
    return try header.model(sources: sources)
  }

  /// Throws the first reason why a tensor cannot be used.
  func throwFirstDatasetError() throws(MRDLError) {
    for dataset in datasets { _ = try dataset.get() }
  }

  /// Reports objects among the tensors that the header does not name.
  func checkStrayObjects(_ diagnostics: Diagnostics) {
    let known = Set(header.tensors.map { Layout.linkName(ofTensor: $0.name) })
    for name in tensorGroup.names where !known.contains(name) {
      diagnostics.report(
        .strayHDF5Object, .warning, "the header does not name an object among the tensors",
        at: Place("/\(Layout.tensors)/\(name)"))
    }
  }

  // MARK: Parts

  private static func checkLength(
    of storage: Storage, _ file: HDF5File, _ diagnostics: Diagnostics
  ) {
    let end = file.source.superblock.endOffset
    if storage.byteCount == end { return }
    diagnostics.report(
      .wrongFileLength, .warning, "the file goes on after its end",
      found: "\(storage.byteCount) bytes", expected: "\(end)",
      at: Place(byteOffset: UInt64(end)))
  }

  private static func version(
    _ attributes: HDF5Attributes
  ) throws(MRDLError) -> ModelHeader.Version {
    guard let attribute = attributes[Layout.Attribute.version] else {
      throw MRDLError(
        .notAModel, "the HDF5 file holds no MRDL model",
        expected: "the attribute \(Layout.Attribute.version)", at: Place("/"))
    }
    let numbers = try attribute.integers()
    guard numbers.count == 2, numbers.allSatisfy({ (0...0xFFFF).contains($0) }) else {
      throw MRDLError(
        .badHDF5Container, "the version is not a pair of numbers", found: "\(numbers)",
        expected: "[1, 0]", at: Place(attribute.path))
    }
    let known = ModelHeader.Version.current
    let version = ModelHeader.Version(major: numbers[0], minor: numbers[1])
    guard version.major == known.major else {
      throw MRDLError(
        .unsupportedVersion, "the major version of the format is not known", found: "\(version)",
        expected: "\(known.major).x", at: Place(attribute.path))
    }
    return version
  }

  private static func requiredFeatures(
    _ attributes: HDF5Attributes
  ) throws(MRDLError) -> RequiredFeatures {
    let attribute = try attributes.required(Layout.Attribute.requiredFeatures)
    let tensor = try attribute.tensor()
    guard tensor.scalarType == .uint64, tensor.elementCount == 1 else {
      throw MRDLError(
        .badHDF5Container, "the required features are not one integer of 64 bits without sign",
        found: "\(tensor.scalarType.rawValue) \(tensor.shape)", at: Place(attribute.path))
    }
    return try RequiredFeatures(
      stated: tensor.elements(as: UInt64.self)[0], at: Place(attribute.path))
  }

  private static func digest(
    _ attributes: HDF5Attributes, _ name: String
  ) throws(MRDLError) -> Digest {
    let attribute = try attributes.required(name)
    let tensor = try attribute.tensor()
    guard tensor.scalarType == .uint8, let digest = Digest(tensor.elements(as: UInt8.self)) else {
      throw MRDLError(
        .badHDF5Container, "an attribute is not a digest",
        found: "\(tensor.scalarType.rawValue) \(tensor.shape)",
        expected: "u8 [\(Digest.byteCount)]", at: Place(attribute.path))
    }
    return digest
  }

  /// The content of a data set of bytes, checked against a limit before it is read.
  private static func bytes(
    _ dataset: HDF5Dataset, rank: Int, limit: Int
  ) throws(MRDLError) -> Tensor {
    guard dataset.datatype.scalarType == .uint8, dataset.shape.rank == rank else {
      throw MRDLError(
        .badHDF5Container, "a data set is not an array of bytes",
        found: "\(dataset.datatype) \(dataset.shape)", expected: "u8 with \(rank) axes",
        at: Place(dataset.path))
    }
    guard dataset.shape.elementCount <= limit else {
      throw MRDLError(
        .limitExceeded, "a data set is too long", found: "\(dataset.shape.elementCount) bytes",
        expected: "at most \(limit)", at: Place(dataset.path))
    }
    return try dataset.tensor()
  }

  private static func digestTable(_ root: HDF5Group, count: Int) throws(MRDLError) -> [UInt8] {
    let dataset = try root.dataset(path: Layout.digests)
    let expected = Shape([count, Digest.byteCount])
    guard dataset.shape == expected else {
      throw MRDLError(
        .badHDF5Container, "there is not one digest for each tensor of the header",
        found: "\(dataset.shape)", expected: "\(expected)", at: Place(dataset.path))
    }
    return try bytes(dataset, rank: 2, limit: expected.elementCount).elements(as: UInt8.self)
  }

  private static func dataset(
    of tensor: TensorInfo, in group: HDF5Group
  ) throws(MRDLError) -> HDF5Dataset {
    let name = Layout.linkName(ofTensor: tensor.name)
    let path = Layout.path(ofTensor: tensor.name)
    guard group.link(named: name) != nil else {
      throw MRDLError(
        .missingTensor, "the file has no data set of a tensor of the header",
        at: Place(path))
    }
    guard case .dataset(let dataset) = try group.object(named: name) else {
      throw MRDLError(.missingTensor, "a tensor of the header is not a data set", at: Place(path))
    }
    try dataset.requireDataInFile()
    let type = Layout.storedType(of: tensor.scalarType)
    guard dataset.datatype.scalarType == type, !dataset.dataspace.isNull,
      dataset.shape == Layout.storedShape(of: tensor)
    else {
      throw MRDLError(
        .wrongByteCount, "a data set is not what the header says of the tensor",
        found: "\(dataset.datatype) \(dataset.shape)",
        expected: "\(type.rawValue) \(Layout.storedShape(of: tensor)?.description ?? "")",
        at: Place(path))
    }
    return dataset
  }
}
