internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators

/// Makes what runs of the graphs of a model.
struct ProgramCompiler {
  private let operators: OperatorSet
  private let passes: [any GraphPass.Type]
  private let packedConstants: PackedConstants
  private let precision: ComputePrecision
  private var tensors: LoadedTensors

  init(
    _ tensors: TensorTable, operators: OperatorSet, options: ProgramOptions,
    packedConstants: PackedConstants
  ) throws(MRDLError) {
    self.tensors = LoadedTensors(tensors)
    self.operators = operators
    passes = try GraphPasses.enabled(options)
    self.packedConstants = packedConstants
    precision = options.precision
  }

  /// Optimises a graph and cuts it into stages, with the graphs inside it.
  ///
  /// - Parameter outer: the values of the graph around.
  mutating func compile(
    _ graph: Graph, outer: [String: ProgramGraph.Value] = [:],
    path: String = ProgramGraph.outermostPath
  ) throws(MRDLError) -> StagedGraph {
    var graph = try ProgramGraph(
      graph, tensors: &tensors, operators: operators, outer: outer, path: path)
    graph.precision = precision
    for pass in passes { try pass.apply(to: &graph) }
    graph.held = []
    graph.handOnValues()
    return StagedGraph(graph: graph, stages: try stages(of: graph))
  }

  private mutating func stages(of graph: ProgramGraph) throws(MRDLError) -> [Stage] {
    var stages: [Stage] = []
    var start = 0
    func plan(upTo end: Int) {
      guard start < end else { return }
      stages.append(.planned(PlannedStage(graph.part(start..<end), packedConstants, precision)))
    }
    for (index, instruction) in graph.instructions.enumerated() {
      guard let op = instruction.op.asValueOperator else { continue }
      plan(upTo: index)
      start = index + 1
      var outer: [String: ProgramGraph.Value] = [:]
      for number in instruction.captured {
        outer[graph.values[number].name] = graph.values[number]
      }
      var subgraphs: [StagedGraph] = []
      for subgraph in op.subgraphs {
        subgraphs.append(
          try compile(
            subgraph, outer: outer, path: "\(instruction.place.path ?? ""):\(subgraph.name)"))
      }
      stages.append(.evaluated(EvaluatedStage(instruction, in: graph, subgraphs: subgraphs)))
    }
    if stages.isEmpty, graph.hasTensorsAtBorder {
      return [.planned(PlannedStage(graph, packedConstants, precision))]
    }
    plan(upTo: graph.instructions.count)
    return stages
  }
}
