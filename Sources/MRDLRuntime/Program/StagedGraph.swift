internal import MRDLCore
internal import MRDLOperators

/// A graph as it runs: stages that are planned as a whole, and between them nodes that are evaluated on
/// values, because they run graphs or because only content tells the shapes of their outputs.
struct StagedGraph: Sendable {
  let graph: ProgramGraph
  let stages: [Stage]

  /// Every value with content of the graph and of those inside it, some of them more than once.
  var constants: [ProgramGraph.Value] {
    var result = graph.values.filter(\.isConstant)
    for case .evaluated(let stage) in stages {
      for subgraph in stage.subgraphs { result += subgraph.constants }
    }
    return result
  }
}

/// A part of a graph. All stages of a graph number values alike.
enum Stage: Sendable {
  case planned(PlannedStage)
  case evaluated(EvaluatedStage)

  /// The values that the stage needs.
  var reads: [Int] {
    switch self {
    case .planned(let stage): stage.graph.inputs
    case .evaluated(let stage): stage.instruction.reads
    }
  }
}

/// One node that is evaluated on values.
struct EvaluatedStage: Sendable {
  let instruction: ProgramGraph.Instruction
  let subgraphs: [StagedGraph]
  /// For each subgraph the numbers of the values that it reads from the graph around, in the order in
  /// which they follow its own inputs.
  let captured: [[Int]]

  init(
    _ instruction: ProgramGraph.Instruction, in graph: ProgramGraph, subgraphs: [StagedGraph] = []
  ) {
    self.instruction = instruction
    self.subgraphs = subgraphs
    var numbers: [String: Int] = [:]
    for number in instruction.captured { numbers[graph.values[number].name] = number }
    captured = subgraphs.map { subgraph in
      subgraph.graph.capturedNames.compactMap { numbers[$0] }
    }
  }
}
