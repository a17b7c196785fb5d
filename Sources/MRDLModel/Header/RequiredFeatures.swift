package import MRDLCore

/// What a reader must know to use a model, a bit each, as both encodings state it.
public struct RequiredFeatures: OptionSet, Sendable, Hashable {
  public let rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Inputs or outputs of the model are sequences or optional values, or a graph inside a node has optional
  /// sequences at its border: version 1.1.
  public static let values = RequiredFeatures(rawValue: 1 << 0)

  /// The features that this release knows.
  public static let known: RequiredFeatures = [.values]

  /// What a graph asks for.
  ///
  /// - Complexity: O(n) in the nodes.
  init(of graph: Graph) {
    let hasValues = (graph.inputs + graph.outputs).contains { $0.kind != .tensor }
    self = hasValues || graph.hasOptionalSequences ? [.values] : []
  }

  /// The lowest version of the format that has all of them.
  var lowestVersion: ModelHeader.Version {
    ModelHeader.Version(major: 1, minor: contains(.values) ? 1 : 0)
  }

  /// The features that a file states.
  ///
  /// - Throws: `MRDL1004` where this release does not know one of them.
  package init(stated rawValue: UInt64, at place: Place) throws(MRDLError) {
    self.init(rawValue: rawValue)
    let unknown = subtracting(.known).rawValue
    guard unknown == 0 else {
      let bits = (0..<64).filter { unknown >> UInt64($0) & 1 == 1 }
      throw MRDLError(
        .unsupportedFeature, "the file requires features that this release does not know",
        found: "bits \(bits.map { String($0) }.joined(separator: ", "))", at: place)
    }
  }
}

extension Graph {
  fileprivate var hasOptionalSequences: Bool {
    (inputs + outputs).contains { $0.kind == .optionalSequence }
      || nodes.contains { $0.subgraphs.contains { $0.graph.hasOptionalSequences } }
  }
}
