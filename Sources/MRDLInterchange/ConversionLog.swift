/// What became of the parts of a model on its way from one format to another.
///
/// Readers and writers of foreign formats say what they do; the log belongs to one conversion at a time.
public final class ConversionLog {
  /// What happened to a part.
  public enum Kind: String, Sendable, CaseIterable {
    /// It stands in the result in the words of that format.
    case mapped
    /// The result has it because the caller said so; the source lacks it, or has it otherwise.
    case added
    /// Its value was computed ahead.
    case folded
    /// The result is not exactly the same.
    case approximated
    /// The result lacks it.
    case dropped
  }

  /// One part of the source and what became of it.
  public struct Entry: Sendable, Hashable {
    public let kind: Kind
    /// The part in the words of the source.
    public let source: String
    /// What stands for it in the result, or why nothing does.
    public let result: String
  }

  public private(set) var entries: [Entry] = []

  public init() {}

  public func add(_ kind: Kind, _ source: String, _ result: String) {
    entries.append(Entry(kind: kind, source: source, result: result))
  }

  /// How many parts had the given fate.
  public func count(of kind: Kind) -> Int { entries.count { $0.kind == kind } }
}
