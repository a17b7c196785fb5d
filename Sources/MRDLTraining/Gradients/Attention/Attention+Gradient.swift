public import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Y = softmax(scale · Q Kᵀ + bias) V for each head, written as products, a softmax and a choice of what is visible.
///
/// Which steps `is_causal` and the windows hide is known before it runs, so the steps have to be known. The steps
/// that count may not be given as data.
public enum AttentionRule: ExpansionRule {
  public static let operatorName = "Attention"

  /// As good as -∞ before a softmax, and without NaN behind it.
  private static let hidden = -1e30

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    if step.isGiven(6) { throw step.refusal("nonpad_kv_seqlen is data") }
    let isPacked = try step.shape(0).rank == 3
    let queryHeads: Int
    let keyHeads: Int
    var (q, k, v) = (step.inputNames[0], step.inputNames[1], step.inputNames[2])
    if isPacked {
      (queryHeads, keyHeads) = (step.integer("q_num_heads") ?? 1, step.integer("kv_num_heads") ?? 1)
      q = parted(&step, q, queryHeads)
      k = parted(&step, k, keyHeads)
      v = parted(&step, v, keyHeads)
    } else {
      (queryHeads, keyHeads) = (try step.extent(0, 1), try step.extent(1, 1))
    }
    let size = try step.extent(0, isPacked ? 2 : 3) / (isPacked ? queryHeads : 1)
    let valueSize = try step.extent(2, isPacked ? 2 : 3) / (isPacked ? keyHeads : 1)
    if step.isGiven(4) {
      k = step.add("Concat", [step.inputNames[4], k], ["axis": .integer(2)])
      v = step.add("Concat", [step.inputNames[5], v], ["axis": .integer(2)])
    }
    step.setOutput(1, to: k)
    step.setOutput(2, to: v)
    k = repeated(&step, k, keyHeads, queryHeads, size)
    v = repeated(&step, v, keyHeads, queryHeads, valueSize)

    let scale = try step.number(step.float("scale") ?? 1 / Double(max(size, 1)).squareRoot())
    let transposed = step.add("Transpose", [k], ["perm": .integers([0, 1, 3, 2])])
    var scores = step.add("MatMul", [step.add("Mul", [q, scale]), transposed])
    let mode = step.integer("qk_matmul_output_mode") ?? 0
    if mode == 0 { step.setOutput(3, to: scores) }
    if let cap = step.float("softcap"), cap > 0 {
      let bound = try step.number(cap)
      scores = step.add("Mul", [step.add("Tanh", [step.add("Div", [scores, bound])]), bound])
    }
    if mode == 1 { step.setOutput(3, to: scores) }
    let mask = try mask(&step)
    if let bias = mask.bias { scores = step.add("Add", [scores, bias]) }
    if let visible = mask.visible {
      scores = step.add("Where", [visible, scores, try step.number(hidden)])
    }
    if mode == 2 {
      if mask.visible != nil, step.isWanted(3) {
        throw step.refusal("the fourth output holds what hides steps")
      }
      step.setOutput(3, to: scores)
    }
    var shares = step.add("Softmax", [scores], ["axis": .integer(-1)])
    if let visible = mask.visible {
      // A query to which everything is hidden gets zeros.
      shares = step.add("Where", [visible, shares, try step.number(0)])
    }
    if mode == 3 { step.setOutput(3, to: shares) }
    var y = step.add("MatMul", [shares, v])
    if isPacked {
      y = step.add("Transpose", [y], ["perm": .integers([0, 2, 1, 3])])
      y = step.add("Reshape", [y, step.integers([0, 0, queryHeads * valueSize])])
    }
    step.setOutput(0, to: y)
  }

  /// [N, steps, heads · size] as [N, heads, steps, size].
  private static func parted(
    _ step: inout ExpansionStep, _ value: String, _ heads: Int
  ) -> String {
    let parts = step.add("Reshape", [value, step.integers([0, 0, heads, -1])])
    return step.add("Transpose", [parts], ["perm": .integers([0, 2, 1, 3])])
  }

  /// Each head as often as there are heads of Q that share it.
  private static func repeated(
    _ step: inout ExpansionStep, _ value: String, _ heads: Int, _ wanted: Int, _ size: Int
  ) -> String {
    guard heads > 0, wanted > heads else { return value }
    let apart = step.add("Unsqueeze", [value, step.integers([2])])
    let shape = step.integers([1, 1, wanted / heads, 1, 1])
    return step.add(
      "Reshape",
      [step.add("Expand", [apart, shape]), step.integers([0, wanted, -1, size])])
  }

  /// What is added to the scores, and where they are visible; nil for nothing and for everywhere.
  private static func mask(
    _ step: inout ExpansionStep
  ) throws(MRDLError) -> (bias: String?, visible: String?) {
    let isPacked = try step.shape(0).rank == 3
    let isCausal = (step.integer("is_causal") ?? 0) != 0
    let left = step.integer("left_window_size").flatMap { $0 < 0 ? nil : $0 }
    let right = step.integer("right_window_size").flatMap { $0 < 0 ? nil : $0 }
    var visible: String?
    if isCausal || left != nil || right != nil {
      let queries = try step.extent(0, isPacked ? 1 : 2)
      let past = step.isGiven(4) ? try step.extent(4, 2) : 0
      let keys = try step.extent(1, isPacked ? 1 : 2) + past
      let flags = (0..<queries * keys).map { index in
        let (position, key) = (index / max(keys, 1) + past, index % max(keys, 1))
        return (!isCausal || key <= position) && (left.map { key >= position - $0 } ?? true)
          && (right.map { key <= position + $0 } ?? true)
      }
      visible = step.constant(Tensor(flags, shape: [queries, keys]))
    }
    guard step.isGiven(3) else { return (nil, visible) }
    let mask = step.inputNames[3]
    if let width = try step.shape(3).dimensions.last?.value, width > 1 {
      let past = step.isGiven(4) ? try step.extent(4, 2) : 0
      guard try step.extent(1, isPacked ? 1 : 2) + past == width else {
        throw step.refusal("attn_mask is shorter than the steps")
      }
    }
    func both(_ step: inout ExpansionStep, _ flags: String) -> String {
      visible.map { step.add("And", [$0, flags]) } ?? flags
    }
    if step.inputs[3]?.scalarType == .bool { return (nil, both(&step, mask)) }
    let isFinite = step.add("Greater", [mask, try step.number(hidden, like: 3)])
    let bias = step.add("Where", [isFinite, mask, try step.number(0, like: 3)])
    return (bias, both(&step, isFinite))
  }
}
