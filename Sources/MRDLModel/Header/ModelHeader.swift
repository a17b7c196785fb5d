public import MRDLCore

/// The architecture header: everything of a model but the bytes of its tensors.
///
/// Its text is the JSON that `Schemas/mrdl-header-1.schema.json` describes; both encodings of the
/// format hold the same text.
public struct ModelHeader: Sendable {
  /// The version of the format.
  public struct Version: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var major: Int
    public var minor: Int

    public init(major: Int, minor: Int) {
      self.major = major
      self.minor = minor
    }

    /// The newest version that this release knows.
    public static let current = Version(major: 1, minor: 1)

    public var description: String { "\(major).\(minor)" }

    public static func < (left: Version, right: Version) -> Bool {
      (left.major, left.minor) < (right.major, right.minor)
    }
  }

  public var version: Version
  /// The model without its tensors.
  public var model: Model
  /// What the header says of the tensors, in the order of the file.
  public var tensors: [TensorInfo]

  /// The header of a model, in the lowest version that holds it.
  public init(_ model: Model) {
    version = RequiredFeatures(of: model.graph).lowestVersion
    self.model = model
    tensors = model.tensors.map(\.info)
    self.model.tensors = TensorTable()
  }

  /// What a reader must know to use the model.
  public var requiredFeatures: RequiredFeatures { RequiredFeatures(of: model.graph) }

  /// The lowest version of the format that holds the model.
  public var lowestVersion: Version { requiredFeatures.lowestVersion }

  init(version: Version, model: Model, tensors: [TensorInfo]) {
    self.version = version
    self.model = model
    self.tensors = tensors
  }

  /// The model, with one source of bytes for each tensor.
  ///
  /// - Precondition: there are as many sources as tensors.
  public func model(sources: [any TensorSource]) throws(MRDLError) -> Model {
    precondition(
      sources.count == tensors.count, "\(sources.count) sources for \(tensors.count) tensors")
    var model = model
    model.tensors = try TensorTable(zip(tensors, sources).map { ModelTensor($0, source: $1) })
    return model
  }
}
