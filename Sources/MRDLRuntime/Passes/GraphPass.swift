internal import MRDLCore
internal import MRDLOperators

/// A change of the graph that keeps its answers.
protocol GraphPass: Sendable {
  /// The name by which the pass is switched off.
  static var name: String { get }

  static func apply(to graph: inout ProgramGraph) throws(MRDLError)
}

/// The passes of a program, in the order in which they run.
public enum GraphPasses {
  static let all: [any GraphPass.Type] = [
    FoldConstants.self,
    RemoveDeadCode.self,
  ]

  /// The names by which passes are switched off.
  public static var names: [String] { all.map { $0.name } }
}
