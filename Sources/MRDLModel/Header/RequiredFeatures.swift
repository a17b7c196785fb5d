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

  /// Numbers of the bits that this release does not know.
  public var unknownBits: [Int] {
    (0..<64).filter { subtracting(.known).rawValue >> UInt64($0) & 1 == 1 }
  }
}

extension Graph {
  fileprivate var hasOptionalSequences: Bool {
    (inputs + outputs).contains { $0.kind == .optionalSequence }
      || nodes.contains { $0.subgraphs.contains { $0.graph.hasOptionalSequences } }
  }
}
