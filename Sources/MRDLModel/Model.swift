public import MRDLCore

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

  /// Reports everything that is wrong with names: see `Graph.check`. Tensors that nothing uses and
  /// names in the interface that the graph lacks are reported too.
  public func check(diagnostics: Diagnostics) {
    graph.check(tensors: tensors.names, diagnostics: diagnostics)
    let inputs = Set(graph.inputs.map(\.name))
    let outputs = Set(graph.outputs.map(\.name))
    var referenced: Set<String> = []
    for golden in goldenVectors {
      referenced.formUnion(golden.inputs.values)
      referenced.formUnion(golden.outputs.values)
      for name in golden.inputs.keys.sorted() where !inputs.contains(name) {
        diagnostics.report(
          .badGolden, "a golden vector gives an input that the model lacks", found: "\"\(name)\"",
          at: Place("/golden/\(golden.name)"))
      }
      for name in golden.outputs.keys.sorted() where !outputs.contains(name) {
        diagnostics.report(
          .badGolden, "a golden vector gives an output that the model lacks",
          found: "\"\(name)\"", at: Place("/golden/\(golden.name)"))
      }
    }
    for binding in state {
      if let initial = binding.initial { referenced.insert(initial) }
      if !inputs.contains(binding.input) || !outputs.contains(binding.output) {
        diagnostics.report(
          .undefinedValue, "a state names an input or output that the model lacks",
          found: "\"\(binding.output)\" to \"\(binding.input)\"", at: Place("/state"))
      }
    }
    for tensor in tensors {
      if let quantization = tensor.info.quantization {
        referenced.insert(quantization.scale)
        if let zeroPoint = quantization.zeroPoint { referenced.insert(zeroPoint) }
      }
    }
    for name in referenced.sorted() where tensors[name] == nil {
      diagnostics.report(
        .missingTensor, "a tensor that the header names is not in its table",
        found: "\"\(name)\"", at: Place("/tensors"))
    }
    let used = referenced.union(graph.capturedNames)
    for tensor in tensors where !used.contains(tensor.info.name) {
      diagnostics.report(
        .unusedTensor, .note, "a tensor is used by no node", found: "\"\(tensor.info.name)\"",
        at: Place("/tensors"))
    }
    for name in preprocessing.keys.sorted() where !inputs.contains(name) {
      diagnostics.report(
        .undefinedValue, .warning, "preprocessing names an input that the model lacks",
        found: "\"\(name)\"", at: Place("/inputs"))
    }
    for name in meanings.keys.sorted() where !outputs.contains(name) {
      diagnostics.report(
        .undefinedValue, .warning, "a meaning names an output that the model lacks",
        found: "\"\(name)\"", at: Place("/outputs"))
    }
  }
}
