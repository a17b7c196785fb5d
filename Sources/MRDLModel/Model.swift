/// A model: an architecture, tensors whose bytes are read when they are asked for, and what a caller
/// needs to use it.
public struct Model: Sendable {
  public var graph: Graph
  /// From a domain to the version of its operator set that the nodes are written in.
  public var opsets: [String: Int]
  public var tensors: TensorTable
  /// What turns a picture or a row into an input, by the name of the input.
  public var preprocessing: [String: Preprocessing] = [:]
  /// What the numbers of an output mean, by the name of the output.
  public var meanings: [String: OutputMeaning] = [:]
  public var card = ModelCard()
  public var goldenVectors: [GoldenVector] = []
  public var state: [StateBinding] = []
  public var training: TrainingRecord?

  public init(graph: Graph, opsets: [String: Int] = [:], tensors: TensorTable = TensorTable()) {
    self.graph = graph
    self.opsets = opsets
    self.tensors = tensors
  }

  /// The tensors that the graph computes with, in the order of the table: no golden vectors and no
  /// initial states.
  public var parameters: [ModelTensor] {
    let used = graph.capturedNames
    return tensors.filter { used.contains($0.info.name) }
  }
}

extension Model {
  /// Tensors that something else than the graph needs: golden vectors and initial states.
  package var tensorNamesBesideGraph: Set<String> {
    Set(goldenVectors.flatMap(\.tensorNames)).union(state.compactMap(\.initial))
  }

  /// Whether there are weights and no architecture, as in a `.safetensors` file.
  public var isWeightsOnly: Bool { graph.isEmpty }

  /// Whether the graph has an input that is no state, so that it cannot run on nothing.
  public var needsInput: Bool { !givenInputs.isEmpty }

  /// The inputs of the graph that a caller gives: those that are no states.
  package var givenInputs: [ValueInfo] { graph.inputs.filter { !isState($0) } }

  /// Whether an input has its value from the call before.
  package func isState(_ input: ValueInfo) -> Bool { state.contains { $0.input == input.name } }
}
