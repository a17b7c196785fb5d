public import MRDLCore
internal import MRDLModel

/// ONNX LinearAttention: attention by a state S [key size, value size] for each head, step by step:
/// S ← exp(decay)·S; v ← beta·(v − Sᵀk); S ← S + k·vᵀ; y = scale · Sᵀq.
///
/// Inputs: query, key and value [N, steps, heads · size]; maybe past_state [N, heads, key size, value size],
/// decay [N, steps, heads or heads · key size] and beta [N, steps, heads or 1], as `update_rule` (linear,
/// gated, delta, gated_delta) takes them. Outputs: y and the last state. Several heads of the query may share
/// one of key and value. The state is kept in double precision within a call.
public struct LinearAttention: Operator {
  public static let name = "LinearAttention"
  public static let inputCount = 3...6
  public static let outputCount = 1...2

  enum UpdateRule: String, CaseIterable, Sendable {
    case linear
    case gated
    case delta
    case gatedDelta = "gated_delta"

    var decays: Bool { self == .gated || self == .gatedDelta }
    var corrects: Bool { self == .delta || self == .gatedDelta }
  }

  private let rule: UpdateRule
  private let queryHeads: Int
  private let keyHeads: Int
  private let scale: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    rule = try attributes.choice("update_rule", default: .gatedDelta)
    queryHeads = try attributes.integer("q_num_heads", default: 0)
    keyHeads = try attributes.integer("kv_num_heads", default: 0)
    scale = try attributes.float("scale", default: 0)
    // A hint for programs that cut the steps into pieces.
    _ = try attributes.integer("chunk_size")
    guard keyHeads > 0, queryHeads > 0, queryHeads % keyHeads == 0 else {
      throw attributes.wrongValue(
        "q_num_heads", "\(queryHeads)", "a multiple of kv_num_heads, \(keyHeads)")
    }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...2, among: .floats)
    let stateType =
      try operands.optional(3) == nil ? type : operands.required(3, of: .floats).scalarType
    for (index, isUsed, name) in [(4, rule.decays, "decay"), (5, rule.corrects, "beta")] {
      guard (operands.optional(index) != nil) == isUsed else {
        throw operands.badAttribute(
          "input \"\(name)\" \(isUsed ? "is missing" : "is not taken") by the update rule",
          found: rule.rawValue)
      }
    }
    guard let q = try operands.shape(0, rank: 3...3), let k = try operands.shape(1, rank: 3...3),
      let v = try operands.shape(2, rank: 3...3)
    else { return [ValueFacts(type, nil), ValueFacts(stateType, nil)] }
    for shape in [k, v] {
      _ = try operands.unify(q[0], shape[0], "the batches differ")
      _ = try operands.unify(q[1], shape[1], "the numbers of steps differ")
    }
    for (shape, heads) in [(q, queryHeads), (k, keyHeads), (v, keyHeads)] {
      guard shape[2].value.map({ $0 % heads == 0 }) ?? true else {
        throw operands.shapeMismatch(
          "a width is no multiple of its heads", found: "\(shape)",
          expected: "a multiple of \(heads)")
      }
    }
    let size = q[2].value.map { $0 / queryHeads }
    if let size, let width = k[2].value, width / keyHeads != size {
      throw operands.shapeMismatch(
        "the heads of query and key have different sizes", found: "\(width / keyHeads)",
        expected: "\(size)")
    }
    let valueSize = v[2].value.map { $0 / keyHeads }
    func dimension(_ value: Int?) -> Dimension { value.map { .fixed($0) } ?? .unknown }
    return [
      ValueFacts(type, [q[0], q[1], dimension(valueSize.map { $0 * queryHeads })]),
      ValueFacts(stateType, [q[0], .fixed(keyHeads), dimension(size), dimension(valueSize)]),
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    return LinearAttentionKernel(type: type, layout: try layout(request))
  }

  /// The sizes of a call, checked.
  package func layout(_ request: KernelRequest) throws(MRDLError) -> LinearAttentionLayout {
    let type = request.inputType(0)
    for index in 3..<max(request.inputs.count, 3) where request.inputs[index] != nil {
      guard request.inputType(index) == type else {
        throw request.unsupportedType(request.inputType(index))
      }
    }
    let (q, v) = (request.inputShape(0), request.inputShape(2))
    func lastExtent(_ index: Int) -> Int? {
      guard index < request.inputs.count, request.inputs[index] != nil else { return nil }
      let shape = request.inputShape(index)
      return shape.rank == 3 && shape[0] == q[0] && shape[1] == q[1] ? shape[2] : -1
    }
    let size = q[2] / queryHeads
    let (decay, beta) = (lastExtent(4), lastExtent(5))
    let hasState = request.inputs.count > 3 && request.inputs[3] != nil
    guard decay == nil || decay == keyHeads || decay == keyHeads * size,
      beta == nil || beta == keyHeads || beta == 1,
      !hasState
        || request.inputShape(3).dimensions == [q[0], keyHeads, size, v[2] / keyHeads]
    else {
      throw MRDLError(
        .badShape, "decay, beta or the state do not fit the heads", at: request.place)
    }
    return LinearAttentionLayout(
      decays: rule.decays, corrects: rule.corrects, batch: q[0], steps: q[1],
      queryHeads: queryHeads, keyHeads: keyHeads, size: size, valueSize: v[2] / keyHeads,
      decaysByHead: decay == keyHeads, isBetaShared: beta == 1,
      scale: scale == 0 ? 1 / Double(max(size, 1)).squareRoot() : scale)
  }
}

/// The sizes of a call of LinearAttention, for itself and its gradient.
package struct LinearAttentionLayout: Sendable {
  package let decays: Bool
  package let corrects: Bool
  package let batch: Int
  package let steps: Int
  package let queryHeads: Int
  package let keyHeads: Int
  /// The numbers of a key, which are the rows of a state.
  package let size: Int
  /// The numbers of a value, which are the columns of a state.
  package let valueSize: Int
  /// Whether a head has one decay, rather than one for each row of its state.
  package let decaysByHead: Bool
  /// Whether all heads have one beta.
  package let isBetaShared: Bool
  package let scale: Double

  /// Where the decay of a row of the state stands.
  ///
  /// - Parameter line: the number of the step among those of all samples.
  package func decayPlace(_ line: Int, _ head: Int, _ index: Int) -> Int {
    let place = line * keyHeads + head
    return decaysByHead ? place : place * size + index
  }

  /// Where the beta of a head stands.
  package func betaPlace(_ line: Int, _ head: Int) -> Int {
    isBetaShared ? line : line * keyHeads + head
  }
}

private struct LinearAttentionKernel: Kernel {
  let type: ScalarType
  let layout: LinearAttentionLayout

  /// A state and a row of values.
  var workspaceByteCount: Int { (layout.size + 1) * layout.valueSize * 8 + 8 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let scratch = arguments.workspace.baseAddress else { return }
    let state = scratch.assumingMemoryBound(to: Double.self)
    if type == .float32 {
      run(arguments, state, Float.self)
    } else {
      run(arguments, state, Double.self)
    }
  }

  private func run<Scalar: BinaryFloatingPoint & TensorElement>(
    _ arguments: borrowing KernelArguments, _ state: UnsafeMutablePointer<Double>,
    _ scalar: Scalar.Type
  ) {
    let q = arguments.input(0, as: scalar)
    let k = arguments.input(1, as: scalar)
    let v = arguments.input(2, as: scalar)
    let y = arguments.output(0, as: scalar)
    let (steps, queryHeads, keyHeads) = (layout.steps, layout.queryHeads, layout.keyHeads)
    let (size, valueSize) = (layout.size, layout.valueSize)
    let count = size * valueSize
    let row = state + count
    let group = queryHeads / keyHeads
    for sample in 0..<layout.batch {
      for head in 0..<keyHeads {
        let place = (sample * keyHeads + head) * count
        if arguments.hasInput(3) {
          let past = arguments.input(3, as: scalar)
          for index in 0..<count { state[index] = Double(past[place + index]) }
        } else {
          state.update(repeating: 0, count: count)
        }
        for step in 0..<steps {
          let line = sample * steps + step
          let key = (line * keyHeads + head) * size
          let value = (line * keyHeads + head) * valueSize
          if layout.decays {
            let decay = arguments.input(4, as: scalar)
            for index in 0..<size {
              let factor = exponential(Double(decay[layout.decayPlace(line, head, index)]))
              for column in 0..<valueSize { state[index * valueSize + column] *= factor }
            }
          }
          for column in 0..<valueSize { row[column] = Double(v[value + column]) }
          if layout.corrects {
            let beta = arguments.input(5, as: scalar)
            let factor = Double(beta[layout.betaPlace(line, head)])
            for column in 0..<valueSize {
              var sum = 0.0
              for index in 0..<size {
                sum += state[index * valueSize + column] * Double(k[key + index])
              }
              row[column] = factor * (row[column] - sum)
            }
          }
          for index in 0..<size {
            let factor = Double(k[key + index])
            for column in 0..<valueSize {
              state[index * valueSize + column] += factor * row[column]
            }
          }
          for member in 0..<group {
            let query = (line * queryHeads + head * group + member) * size
            let target = (line * queryHeads + head * group + member) * valueSize
            for column in 0..<valueSize {
              var sum = 0.0
              for index in 0..<size {
                sum += state[index * valueSize + column] * Double(q[query + index])
              }
              y[target + column] = Scalar(layout.scale * sum)
            }
          }
        }
        if arguments.hasOutput(1) {
          let present = arguments.output(1, as: scalar)
          for index in 0..<count { present[place + index] = Scalar(state[index]) }
        }
      }
    }
  }
}
