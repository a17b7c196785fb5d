public import MRDLCore
internal import MRDLModel

/// ONNX RotaryEmbedding: turns pairs of numbers of each head by angles that depend on the step.
///
/// Inputs: X [N, heads, steps, size] or [N, steps, heads · size]; the cosines and sines, [positions, half]
/// with position_ids [N, steps], or [N, steps, half] without. With `interleaved` pairs stand side by side,
/// otherwise half the turned part apart; `rotary_embedding_dim` turns the first numbers of each head only.
public struct RotaryEmbedding: Operator {
  public static let name = "RotaryEmbedding"
  public static let inputCount = 3...4

  private let isInterleaved: Bool
  private let heads: Int
  private let turnedSize: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    isInterleaved = try attributes.flag("interleaved")
    heads = try attributes.integer("num_heads", default: 0)
    turnedSize = try attributes.integer("rotary_embedding_dim", default: 0)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...2, among: .floats)
    if operands.optional(3) != nil { _ = try operands.required(3, of: [.int64]) }
    guard let shape = try operands.shape(0, rank: 3...4) else { return [ValueFacts(type, nil)] }
    if shape.rank == 3 {
      guard heads > 0, shape[2].value.map({ $0 % heads == 0 }) ?? true else {
        throw operands.badAttribute(
          "attribute \"num_heads\" does not fit the input", found: "\(heads)",
          expected: "a divisor of \(shape[2])")
      }
    }
    let size = shape.rank == 4 ? shape[3].value : shape[2].value.map { $0 / heads }
    if let size, turnedSize > size || (turnedSize == 0 ? size : turnedSize) % 2 != 0 {
      throw operands.badAttribute(
        "an odd or too large part of a head is to be turned", found: "\(turnedSize) of \(size)")
    }
    let cacheRank = operands.optional(3) == nil ? 3 : 2
    for index in 1...2 { _ = try operands.shape(index, rank: cacheRank...cacheRank) }
    return [ValueFacts(type, shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    let isPacked = shape.rank == 3
    let size = isPacked ? shape[2] / heads : shape[3]
    let turned = turnedSize == 0 ? size : turnedSize
    let cache = request.inputShape(1)
    let hasPositions = request.inputs.count > 3 && request.inputs[3] != nil
    guard request.inputShape(2) == cache, cache[cache.rank - 1] == turned / 2,
      hasPositions || cache[0] == shape[0] && cache[1] == shape[isPacked ? 1 : 2],
      !hasPositions
        || request.inputShape(3).dimensions == [shape[0], shape[isPacked ? 1 : 2]]
    else {
      throw MRDLError(
        .badShape, "the angles do not fit the input", found: "\(cache)",
        expected: "\(turned / 2) for each step", at: request.place)
    }
    return RotaryEmbeddingKernel(
      type: type, batch: shape[0], steps: isPacked ? shape[1] : shape[2],
      heads: isPacked ? heads : shape[1], size: size, turned: turned, isPacked: isPacked,
      isInterleaved: isInterleaved, positionCount: hasPositions ? cache[0] : nil,
      place: request.place)
  }
}

private struct RotaryEmbeddingKernel: Kernel {
  let type: ScalarType
  let batch: Int
  let steps: Int
  let heads: Int
  let size: Int
  let turned: Int
  let isPacked: Bool
  let isInterleaved: Bool
  /// Rows of the tables, where position_ids chooses among them.
  let positionCount: Int?
  let place: Place

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    if type == .float32 {
      try run(arguments, Float.self)
    } else {
      try run(arguments, Double.self)
    }
  }

  private func run<Scalar: BinaryFloatingPoint & TensorElement>(
    _ arguments: borrowing KernelArguments, _ scalar: Scalar.Type
  ) throws(MRDLError) {
    let x = arguments.input(0, as: scalar)
    let cosines = arguments.input(1, as: scalar)
    let sines = arguments.input(2, as: scalar)
    let y = arguments.output(0, as: scalar)
    let half = turned / 2
    for sample in 0..<batch {
      for step in 0..<steps {
        var row = sample * steps + step
        if let positionCount {
          let position = arguments.input(3, as: Int64.self)[row]
          guard position >= 0, position < Int64(positionCount) else {
            throw MRDLError(
              .operatorFailed, "a position is not in the tables", found: "\(position)",
              expected: "0 to \(positionCount - 1)", at: place)
          }
          row = Int(position)
        }
        for head in 0..<heads {
          let start =
            isPacked
            ? ((sample * steps + step) * heads + head) * size
            : ((sample * heads + head) * steps + step) * size
          for index in 0..<half {
            let (first, second) =
              isInterleaved
              ? (start + 2 * index, start + 2 * index + 1) : (start + index, start + half + index)
            let (a, b) = (x[first], x[second])
            let (c, s) = (cosines[row * half + index], sines[row * half + index])
            y[first] = c * a - s * b
            y[second] = s * a + c * b
          }
          for index in turned..<size { y[start + index] = x[start + index] }
        }
      }
    }
  }
}
