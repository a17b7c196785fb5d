internal import MRDLCore

/// A change of the graph that keeps its answers.
protocol GraphPass: Sendable {
  /// The name by which the pass is switched off.
  static var name: String { get }

  static func apply(to graph: inout ProgramGraph) throws(MRDLError)
}

/// The passes of a program, in the order in which they run.
public enum GraphPasses {
  static let all: [any GraphPass.Type] = [
    // Weights that become real numbers are constants afterwards.
    FuseQuantization.self,
    FoldConstants.self,
    RemoveIdentities.self,
    MergeEqualNodes.self,
    CancelTransposes.self,
    FoldPadding.self,
    RecogniseActivations.self,
    RecogniseNormalization.self,
    // What nobody reads any more must not count as a reader.
    RemoveDeadCode.self,
    FoldAffine.self,
    SinkScales.self,
    FuseEpilogues.self,
    FuseRounding.self,
    RemoveDeadCode.self,
    LiftSequences.self,
    BlockChannels.self,
    ExpandDepthwise.self,
  ]

  /// The names by which passes are switched off.
  public static var names: [String] { Set(all.map { $0.name }).sorted() }

  /// Passes that the environment variable `MRDL_DISABLED_PASSES` switches off for every program of the
  /// process: names with commas between them, or `all`.
  static var disabledByEnvironment: Set<String> {
    guard let text = Environment.value(of: "MRDL_DISABLED_PASSES") else { return [] }
    return Set(text.split(separator: ",").map(String.init))
  }

  /// The passes that are not switched off.
  ///
  /// - Throws: `MRDL4007` for a name that no pass has.
  static func enabled(_ options: ProgramOptions) throws(MRDLError) -> [any GraphPass.Type] {
    let disabled = options.disabledPasses.union(disabledByEnvironment)
    if disabled.isEmpty { return all }
    if disabled.contains("all") { return [] }
    for name in disabled.sorted() where !names.contains(name) {
      throw MRDLError(
        .unknownPass, "a graph pass to be switched off does not exist", found: "\"\(name)\"",
        expected: (names + ["all"]).joined(separator: ", "))
    }
    return all.filter { !disabled.contains($0.name) }
  }
}
