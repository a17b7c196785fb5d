public import MRDLCore
public import MRDLModel
public import MRDLOperators

/// A model made ready to run: its graph optimised and its weights packed for this processor.
///
/// A program never changes and may be used by any number of sessions and threads at once. Making one
/// loads every tensor that the graph uses. Plans for the shapes of the inputs are made when they are
/// first met, and kept.
///
///     let model = try MRDLFile.open("model.mrdl")
///     let program = try Program(model)
///     var session = Session(program)
///     let answer = try session.run(["x": picture])["y"]
public final class Program: Sendable {
  /// The inputs, in the order of the graph.
  public let inputs: [ValueInfo]
  /// The outputs, in the order of the graph.
  public let outputs: [ValueInfo]
  /// Which outputs feed which inputs at the next call.
  public let state: [StateBinding]
  /// The first values of states that do not begin with zeros, by the name of the input.
  let initialStates: [String: Tensor]

  let staged: StagedGraph
  private let packedConstants = PackedConstants()

  /// Makes a program.
  ///
  /// - Throws: what is wrong with the graph, the first tensor whose digest does not match
  ///   (`MRDL1008`), or an operator that the set lacks (`MRDL1204`).
  public init(
    _ model: Model, options: ProgramOptions = ProgramOptions(), operators: OperatorSet = .standard
  ) throws(MRDLError) {
    try model.checkArchitecture(operators)
    inputs = model.graph.inputs
    outputs = model.graph.outputs
    state = model.state
    var states: [String: Tensor] = [:]
    for binding in model.state {
      if let initial = binding.initial, let tensor = model.tensors[initial] {
        states[binding.input] = try tensor.load()
      }
    }
    initialStates = states
    var compiler = try ProgramCompiler(
      model.tensors, operators: operators, options: options, packedConstants: packedConstants)
    staged = try compiler.compile(model.graph)
  }

  /// The bytes of the weights in the layouts that kernels read.
  public var packedByteCount: Int { packedConstants.byteCount }

  /// The bytes of the weights as the model holds them.
  public var constantByteCount: Int {
    struct Key: Hashable {
      let identity: ObjectIdentifier
      let byteOffset: Int
    }
    var seen: Set<Key> = []
    return staged.constants.reduce(0) { sum, value in
      guard let source = value.source,
        seen.insert(Key(identity: source.identity, byteOffset: source.byteOffset)).inserted
      else { return sum }
      return sum + source.byteCount
    }
  }

  /// The position of an input.
  ///
  /// - Throws: `MRDL4003` where there is none of that name.
  public func inputIndex(_ name: String) throws(MRDLError) -> Int {
    guard let index = inputs.firstIndex(where: { $0.name == name }) else {
      throw MRDLError(
        .unknownInput, "the model has no input of that name", found: "\"\(name)\"",
        expected: inputs.map { "\"\($0.name)\"" }.joined(separator: ", "))
    }
    return index
  }
}

extension Model {
  /// Checks that there is a graph, that its names fit and that its operators are known.
  ///
  /// - Throws: the first thing that is wrong.
  func checkArchitecture(_ operators: OperatorSet) throws(MRDLError) {
    guard !isWeightsOnly else {
      throw MRDLError(
        .weightsOnly, "there is nothing to run: the file holds weights without an architecture",
        found: Quantity.count(tensors.count, "tensor"), expected: "a model")
    }
    let diagnostics = Diagnostics()
    graph.check(tensors: tensors.names, diagnostics: diagnostics)
    try diagnostics.throwFirstError()
    try operators.checkAllKnown(graph)
  }
}
