internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators
internal import Synchronization

/// A part of a program that kernels compute, with the plans made for it so far.
final class PlannedStage: Sendable {
  /// What came of planning.
  enum Outcome {
    case plan(Plan)
    /// Only content that the stage computes tells a shape: it runs as several stages from now on.
    case divided([Stage])
  }

  let graph: ProgramGraph
  private let packedConstants: PackedConstants
  private let precision: ComputePrecision

  private struct State {
    /// The plan of each set of shapes.
    var plans: [PlanKey: Plan] = [:]
    /// Inputs whose content decides shapes, so that it is a part of the key.
    var valueInputs: Set<Int> = []
    var parts: [Stage]?
  }

  private let state = Mutex(State())

  /// Plans that are kept; all go when there are more, so that ever new shapes cannot fill memory.
  private static let planCapacity = 64

  /// Real numbers in an input whose content may decide shapes: one for each axis, at most two.
  private static let realContentLimit = 64

  init(
    _ graph: ProgramGraph, _ packedConstants: PackedConstants, _ precision: ComputePrecision
  ) {
    self.precision = precision
    self.graph = graph
    self.packedConstants = packedConstants
  }

  /// Whether shapes have been found to depend on the content of an input.
  func contentDecidesShapes(ofInput index: Int) -> Bool {
    state.withLock { $0.valueInputs.contains(index) }
  }

  /// The plan for some inputs: the one kept, or a new one.
  ///
  /// - Throws: what inference or the making of a kernel reports.
  func plan(for inputs: [Tensor]) throws(MRDLError) -> Outcome {
    let (parts, valueInputs) = state.withLock { ($0.parts, $0.valueInputs) }
    if let parts { return .divided(parts) }
    let key = PlanKey(inputs, content: valueInputs)
    if let plan = state.withLock({ $0.plans[key] }) { return .plan(plan) }
    var attempt = try makePlan(inputs, content: valueInputs)
    if case .plan(let plan) = attempt { return .plan(keep(plan, for: key)) }
    // A shape may depend on the content of an input, such as the axes of Squeeze or the scales of
    // Resize: take that in and try again.
    let candidates = Set(
      inputs.indices.filter {
        let limit =
          inputs[$0].scalarType.isInteger ? PlanBuilder.foldLimit : Self.realContentLimit
        return inputs[$0].elementCount <= limit
      })
    if !candidates.isSubset(of: valueInputs), !stopsAtData(attempt) {
      attempt = try makePlan(inputs, content: candidates)
      if case .plan(let plan) = attempt {
        state.withLock { $0.valueInputs.formUnion(candidates) }
        return .plan(keep(plan, for: PlanKey(inputs, content: candidates)))
      }
    }
    switch attempt {
    case .plan(let plan): return .plan(plan)
    case .stopped(let instruction, let error):
      guard let parts = self.parts(dividedAt: instruction) else { throw error }
      state.withLock { $0.parts = parts }
      return .divided(parts)
    }
  }

  private enum Attempt {
    case plan(Plan)
    /// The shape of an output of an instruction is not known before the stage runs.
    case stopped(at: Int, MRDLError)
  }

  /// Whether planning stopped at an operator whose outputs always depend on data: the stage is divided
  /// there rather than planned anew for every content.
  private func stopsAtData(_ attempt: Attempt) -> Bool {
    guard case .stopped(let index, _) = attempt else { return false }
    return graph.instructions[index].op.asDataDependent != nil
  }

  private func makePlan(
    _ inputs: [Tensor], content: Set<Int>
  ) throws(MRDLError) -> Attempt {
    let facts = inputs.enumerated().map { index, tensor in
      content.contains(index)
        ? ValueFacts(constant: tensor) : ValueFacts(tensor.scalarType, tensor.shape)
    }
    var builder = PlanBuilder(
      graph: graph, packedConstants: packedConstants, precision: precision)
    do {
      return .plan(try builder.plan(inputs: facts))
    } catch {
      guard error.code == .dataDependentShape else { throw error }
      return .stopped(at: builder.position, error)
    }
  }

  /// The stages that take the place of this one when an instruction cannot be planned with those before
  /// it; nil where that would not help.
  private func parts(dividedAt instruction: Int) -> [Stage]? {
    let count = graph.instructions.count
    var parts: [Stage] = []
    func append(_ range: Range<Int>) {
      guard !range.isEmpty else { return }
      parts.append(.planned(PlannedStage(graph.part(range), packedConstants, precision)))
    }
    append(0..<instruction)
    if graph.instructions[instruction].op.asDataDependent != nil {
      parts.append(.evaluated(EvaluatedStage(graph.instructions[instruction], in: graph)))
      append((instruction + 1)..<count)
      return parts
    }
    guard instruction > 0 else { return nil }
    append(instruction..<count)
    return parts
  }

  private func keep(_ plan: Plan, for key: PlanKey) -> Plan {
    state.withLock { state in
      if state.plans.count >= Self.planCapacity { state.plans.removeAll(keepingCapacity: true) }
      state.plans[key] = plan
      return plan
    }
  }
}

/// What a plan depends on.
struct PlanKey: Hashable, Sendable {
  private let types: [ScalarType]
  private let shapes: [Shape]
  private let values: [[UInt8]]

  /// - Parameter content: the inputs whose content decides shapes.
  init(_ inputs: [Tensor], content: Set<Int>) {
    types = inputs.map(\.scalarType)
    shapes = inputs.map(\.shape)
    values = content.sorted().map { inputs[$0].withUnsafeBytes { Array($0) } }
  }
}
