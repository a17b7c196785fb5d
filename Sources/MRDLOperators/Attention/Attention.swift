public import MRDLCore
internal import MRDLModel

/// ONNX Attention: softmax(scale · Q·Kᵀ + bias)·V for each head.
///
/// Inputs: Q, K and V as [N, heads, steps, size] or [N, steps, heads · size]; maybe attn_mask, truth values or
/// numbers that are added, broadcast to [N, heads, steps of Q, all steps of K]; past_key and past_value, which
/// go before K and V; nonpad_kv_seqlen [N], how many steps of K count. Several heads of Q may share one of K
/// and V. Outputs: Y, present_key, present_value, and what stands between the products by
/// `qk_matmul_output_mode`.
///
/// `is_causal` hides later steps, `left_window_size` and `right_window_size` distant ones; a query counts from
/// the past, or from nonpad_kv_seqlen less the steps of Q. A query to which everything is hidden gets zeros.
public struct Attention: Operator {
  public static let name = "Attention"
  public static let inputCount = 3...7
  public static let outputCount = 1...4

  /// What the fourth output holds.
  enum MiddleOutput: Int, CaseIterable, Sendable {
    case product = 0
    case capped = 1
    case biased = 2
    case probabilities = 3
  }

  let scale: Double?
  let softcap: Double
  let isCausal: Bool
  let leftWindow: Int?
  let rightWindow: Int?
  let middle: MiddleOutput
  private let queryHeads: Int?
  private let keyHeads: Int?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    scale = try attributes.float("scale")
    softcap = try attributes.float("softcap", default: 0)
    isCausal = try attributes.flag("is_causal")
    let left = try attributes.integer("left_window_size", default: -1)
    let right = try attributes.integer("right_window_size", default: -1)
    guard left >= -1, right >= -1 else {
      throw attributes.wrongValue("left_window_size", "\(left), \(right)", "-1 or more")
    }
    leftWindow = left < 0 ? nil : left
    rightWindow = right < 0 ? nil : right
    let mode = try attributes.integer("qk_matmul_output_mode", default: 0)
    guard let middle = MiddleOutput(rawValue: mode) else {
      throw attributes.wrongValue("qk_matmul_output_mode", "\(mode)", "0 to 3")
    }
    self.middle = middle
    queryHeads = try attributes.integer("q_num_heads")
    keyHeads = try attributes.integer("kv_num_heads")
    // The softmax is computed in float32 or float64 whatever it says.
    _ = try attributes.integer("softmax_precision")
  }

  /// The extents of Q, K and V.
  struct Extents: Sendable {
    var batch: Dimension
    var queryHeads: Dimension
    var querySteps: Dimension
    var querySize: Dimension
    var keyHeads: Dimension
    var keySteps: Dimension
    var valueSize: Dimension
    var isPacked: Bool
  }

  func extents(_ q: SymbolicShape, _ k: SymbolicShape, _ v: SymbolicShape) -> Extents? {
    guard q.rank == 3 else {
      return Extents(
        batch: q[0], queryHeads: q[1], querySteps: q[2], querySize: q[3], keyHeads: k[1],
        keySteps: k[2], valueSize: v[3], isPacked: false)
    }
    guard let queryHeads, let keyHeads, queryHeads > 0, keyHeads > 0 else { return nil }
    func part(_ dimension: Dimension, _ count: Int) -> Dimension {
      dimension.value.map { .fixed($0 / count) } ?? .unknown
    }
    return Extents(
      batch: q[0], queryHeads: .fixed(queryHeads), querySteps: q[1],
      querySize: part(q[2], queryHeads), keyHeads: .fixed(keyHeads), keySteps: k[1],
      valueSize: part(v[2], keyHeads), isPacked: true)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...1, among: .floats)
    let valueType = try operands.required(2, of: .floats).scalarType
    guard let q = try operands.shape(0, rank: 3...4), let k = try operands.shape(1, rank: 3...4),
      let v = try operands.shape(2, rank: 3...4)
    else {
      return [
        ValueFacts(type, nil), ValueFacts(type, nil), ValueFacts(valueType, nil),
        ValueFacts(type, nil),
      ]
    }
    guard q.rank == k.rank, k.rank == v.rank else {
      throw operands.shapeMismatch(
        "Q, K and V have different numbers of axes", found: "\(q), \(k), \(v)",
        expected: "all three or all four")
    }
    guard let extents = extents(q, k, v) else {
      throw operands.badAttribute("attributes \"q_num_heads\" and \"kv_num_heads\" are missing")
    }
    try check(q, k, v, extents, operands)
    var total = extents.keySteps
    if operands.optional(4) != nil {
      guard operands.optional(5) != nil else {
        throw operands.shapeMismatch(
          "past_key is given without past_value", found: "one", expected: "both")
      }
      if let past = try operands.shape(4, rank: 4...4) {
        _ = try operands.unify(past[1], extents.keyHeads, "the heads of the past do not fit")
        total =
          past[2].value.flatMap { past in extents.keySteps.value.map { .fixed(past + $0) } }
          ?? .unknown
      } else {
        total = .unknown
      }
    }
    let valueWidth = extents.queryHeads.value.flatMap { heads in
      extents.valueSize.value.map { heads * $0 }
    }
    let y: SymbolicShape =
      extents.isPacked
      ? [extents.batch, extents.querySteps, valueWidth.map { .fixed($0) } ?? .unknown]
      : [extents.batch, extents.queryHeads, extents.querySteps, extents.valueSize]
    return [
      ValueFacts(type, y),
      ValueFacts(type, [extents.batch, extents.keyHeads, total, extents.querySize]),
      ValueFacts(valueType, [extents.batch, extents.keyHeads, total, extents.valueSize]),
      ValueFacts(type, [extents.batch, extents.queryHeads, extents.querySteps, total]),
    ]
  }

  private func check(
    _ q: SymbolicShape, _ k: SymbolicShape, _ v: SymbolicShape, _ extents: Extents,
    _ operands: Operands
  ) throws(MRDLError) {
    _ = try operands.unify(q[0], k[0], "the batches of Q and K differ")
    _ = try operands.unify(k[0], v[0], "the batches of K and V differ")
    let steps = extents.isPacked ? 1 : 2
    _ = try operands.unify(k[steps], v[steps], "the steps of K and V differ")
    if let queries = extents.queryHeads.value, let keys = extents.keyHeads.value {
      guard keys > 0, queries % keys == 0 else {
        throw operands.shapeMismatch(
          "the heads of Q are no multiple of those of K", found: "\(queries)",
          expected: "a multiple of \(keys)")
      }
      if extents.isPacked {
        for (shape, heads) in [(q, queries), (k, keys), (v, keys)] {
          guard shape[2].value.map({ $0 % heads == 0 }) ?? true else {
            throw operands.shapeMismatch(
              "a width is no multiple of its heads", found: "\(shape)",
              expected: "a multiple of \(heads)")
          }
        }
        if let left = q[2].value, let right = k[2].value, left / queries != right / keys {
          throw operands.shapeMismatch(
            "the heads of Q and K have different sizes", found: "\(left / queries)",
            expected: "\(right / keys)")
        }
      } else {
        _ = try operands.unify(q[3], k[3], "the heads of Q and K have different sizes")
      }
    }
    if let mask = operands.optional(3) {
      guard mask.scalarType == .bool || mask.scalarType.isFloatingPoint else {
        throw operands.shapeMismatch(
          "attn_mask is of a wrong type", found: mask.scalarType.rawValue,
          expected: "bool or real numbers")
      }
    }
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let scores = outputs.count > 3 ? outputs[3]?.concreteShape : nil,
      let q = inputs[0]?.concreteShape, let y = outputs[0]?.concreteShape
    else { return Cost() }
    let heads = max(scores[1], 1)
    let size = q.rank == 3 ? q[2] / heads : q[3]
    let valueSize = y.rank == 3 ? y[2] / heads : y[3]
    return Cost(multiplyAdds: Cost.product(scores.elementCount, size + valueSize))
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type), request.inputType(2) == type else {
      throw request.unsupportedType(request.inputType(2))
    }
    return try AttentionKernel(self, request)
  }
}
