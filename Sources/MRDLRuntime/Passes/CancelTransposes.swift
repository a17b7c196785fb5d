internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Moves transposes behind the operators that can work in another order of axes until they meet their
/// inverse or the end, so that models with the channels last run in the order of this package.
///
/// Where a transposed value is flattened for a dense layer, the weights of that layer change their order.
/// A transpose that only moves axes of extent 1 becomes a Reshape. Where no transpose would be saved, the
/// graph stays as it is.
enum CancelTransposes: GraphPass {
  static let name = "cancel-transposes"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    let before = transposeCount(graph)
    if before == 0 { return }
    var flow = TransposeFlow(graph)
    for instruction in graph.instructions { try flow.take(instruction) }
    try flow.finish()
    if transposeCount(flow.graph) <= before { graph = flow.graph }
  }

  private static func transposeCount(_ graph: ProgramGraph) -> Int {
    graph.instructions.count { $0.op is Transpose }
  }
}
