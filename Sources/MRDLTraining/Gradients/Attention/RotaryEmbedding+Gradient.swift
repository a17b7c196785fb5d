public import MRDLCore
internal import MRDLModel

/// Pairs (a, b) of the numbers of each head turned to (a cos − b sin, a sin + b cos), written as products.
public enum RotaryEmbeddingRule: ExpansionRule {
  public static let operatorName = "RotaryEmbedding"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let isPacked = try step.shape(0).rank == 3
    let heads = step.integer("num_heads") ?? 0
    if isPacked, heads < 1 { throw step.refusal("the number of heads is not given") }
    let size = try step.extent(0, isPacked ? 2 : 3) / (isPacked ? heads : 1)
    let given = step.integer("rotary_embedding_dim") ?? 0
    let turned = given == 0 ? size : given
    var x = step.inputNames[0]
    if isPacked {
      x = step.add("Reshape", [x, step.integers([0, 0, heads, size])])
      x = step.add("Transpose", [x], ["perm": .integers([0, 2, 1, 3])])
    }
    let cosine = factor(&step, 1)
    let sine = factor(&step, 2)
    let isInterleaved = (step.integer("interleaved") ?? 0) != 0
    let half = turned / 2
    let a = isInterleaved ? part(&step, x, 0, turned, 2) : part(&step, x, 0, half, 1)
    let b = isInterleaved ? part(&step, x, 1, turned, 2) : part(&step, x, half, turned, 1)
    let first = step.add(
      "Sub", [step.add("Mul", [a, cosine]), step.add("Mul", [b, sine])])
    let second = step.add(
      "Add", [step.add("Mul", [a, sine]), step.add("Mul", [b, cosine])])
    var y: String
    if isInterleaved {
      y = step.add(
        "Reshape", [step.stack([first, second], axis: -1), step.integers([0, 0, 0, turned])])
    } else {
      y = step.add("Concat", [first, second], ["axis": .integer(-1)])
    }
    if turned < size {
      y = step.add("Concat", [y, part(&step, x, turned, size, 1)], ["axis": .integer(-1)])
    }
    if isPacked {
      y = step.add("Transpose", [y], ["perm": .integers([0, 2, 1, 3])])
      y = step.add("Reshape", [y, step.integers([0, 0, heads * size])])
    }
    step.setOutput(0, to: y)
  }

  /// Cosines or sines as [N, 1, steps, half].
  private static func factor(_ step: inout ExpansionStep, _ input: Int) -> String {
    var table = step.inputNames[input]
    if step.isGiven(3) { table = step.add("Gather", [table, step.inputNames[3]]) }
    return step.add("Unsqueeze", [table, step.integers([1])])
  }

  private static func part(
    _ step: inout ExpansionStep, _ x: String, _ start: Int, _ end: Int, _ stride: Int
  ) -> String {
    let bounds = [start, end, -1, stride].map { step.integers([$0]) }
    return step.add("Slice", [x] + bounds)
  }
}
