public import MRDLCore
public import MRDLModel
public import MRDLOperators
internal import Synchronization

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

  private let graph: ProgramGraph
  private let packedConstants = PackedConstants()

  private struct Plans {
    /// The plan of each set of shapes.
    var byKey: [PlanKey: Plan] = [:]
    /// Inputs whose content decides shapes, so that it is a part of the key.
    var valueInputs: Set<Int> = []
  }

  private let plans = Mutex(Plans())

  /// Plans that are kept; all go when there are more, so that ever new shapes cannot fill memory.
  private static let planCapacity = 64

  /// Real numbers in an input whose content may decide shapes: one for each axis, at most two.
  private static let realContentLimit = 64

  /// Makes a program.
  ///
  /// - Throws: what is wrong with the graph, the first tensor whose digest does not match
  ///   (`MRDL1008`), or an operator that the set lacks (`MRDL1204`).
  public init(
    _ model: Model, options: ProgramOptions = ProgramOptions(), operators: OperatorSet = .standard
  ) throws(MRDLError) {
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
    var graph = try ProgramGraph(model, operators: operators)
    for pass in GraphPasses.all where !options.disabledPasses.contains(pass.name) {
      try pass.apply(to: &graph)
    }
    self.graph = graph
  }

  /// The bytes of the weights in the layouts that kernels read.
  public var packedByteCount: Int { packedConstants.byteCount }

  /// The bytes of the weights as the model holds them.
  public var constantByteCount: Int {
    graph.values.reduce(0) { $0 + ($1.constant?.byteCount ?? 0) }
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

  /// The plan for some inputs: the one kept, or a new one.
  ///
  /// - Parameter tensors: shapes and types of the inputs, which the caller has checked, and the content
  ///   of those whose content may decide shapes.
  func plan(
    for shapes: [Shape], content: (Int) -> Tensor?
  ) throws(MRDLError) -> Plan {
    let valueInputs = plans.withLock { $0.valueInputs }
    let key = PlanKey(shapes: shapes, values: values(of: valueInputs, content))
    if let plan = plans.withLock({ $0.byKey[key] }) { return plan }
    do {
      return keep(try makePlan(shapes, valueInputs: valueInputs, content: content), for: key)
    } catch {
      // A shape may depend on the content of an input, such as the axes of Squeeze or the scales of
      // Resize: take that in and try again.
      let candidates = Set(
        inputs.indices.filter {
          let limit =
            inputs[$0].scalarType.isInteger ? PlanBuilder.foldLimit : Self.realContentLimit
          return shapes[$0].elementCount <= limit
        })
      guard error.code == .dataDependentShape, !candidates.isSubset(of: valueInputs) else {
        throw error
      }
      let plan = try makePlan(shapes, valueInputs: candidates, content: content)
      plans.withLock { $0.valueInputs.formUnion(candidates) }
      return keep(plan, for: PlanKey(shapes: shapes, values: values(of: candidates, content)))
    }
  }

  /// Whether shapes have been found to depend on the content of an input.
  func contentDecidesShapes(ofInput index: Int) -> Bool {
    plans.withLock { $0.valueInputs.contains(index) }
  }

  private func values(of indices: Set<Int>, _ content: (Int) -> Tensor?) -> [[UInt8]] {
    indices.sorted().map { index in content(index)?.withUnsafeBytes { Array($0) } ?? [] }
  }

  private func makePlan(
    _ shapes: [Shape], valueInputs: Set<Int>, content: (Int) -> Tensor?
  ) throws(MRDLError) -> Plan {
    let facts = zip(inputs, shapes).enumerated().map { index, pair in
      var facts = ValueFacts(pair.0.scalarType, pair.1)
      if valueInputs.contains(index) { facts.constant = content(index) }
      return facts
    }
    var builder = PlanBuilder(graph: graph, packedConstants: packedConstants)
    return try builder.plan(inputs: facts)
  }

  private func keep(_ plan: Plan, for key: PlanKey) -> Plan {
    plans.withLock { plans in
      if plans.byKey.count >= Self.planCapacity { plans.byKey.removeAll(keepingCapacity: true) }
      plans.byKey[key] = plan
      return plan
    }
  }
}

/// What a plan depends on.
struct PlanKey: Hashable, Sendable {
  let shapes: [Shape]
  let values: [[UInt8]]
}
