internal import MRDLCore
internal import MRDLOperators

/// Weights as whole numbers from −127 to 127, times a scale for each index of an axis: symmetric, so that
/// zero is zero and products need no correction for them.
struct QuantizedWeights {
  /// i8, in the shape of the weights.
  let values: Tensor
  /// f32, one for each index of the axis, or a single number.
  let scales: Tensor

  /// nil where a number is not finite.
  init?(_ weights: Tensor, axis: Int?) {
    let numbers = weights.span(of: Float.self)
    let lines: (outer: Int, length: Int, inner: Int) =
      axis.map { weights.shape.lines(along: $0) } ?? (1, 1, weights.elementCount)
    var largest = [Float](repeating: 0, count: lines.length)
    var position = 0
    for _ in 0..<lines.outer {
      for index in 0..<lines.length {
        for _ in 0..<lines.inner {
          let size = abs(numbers[position])
          guard size.isFinite else { return nil }
          if size > largest[index] { largest[index] = size }
          position += 1
        }
      }
    }
    // Where all weights of a channel are zero any scale will do.
    let factors = largest.map { $0 > 0 ? max($0 / 127, .leastNormalMagnitude) : 1 }
    var result = [Int8](repeating: 0, count: numbers.count)
    position = 0
    for _ in 0..<lines.outer {
      for index in 0..<lines.length {
        for _ in 0..<lines.inner {
          let value = (numbers[position] / factors[index]).rounded(.toNearestOrEven)
          result[position] = Int8(max(-127, min(127, value)))
          position += 1
        }
      }
    }
    values = Tensor(result, shape: weights.shape)
    scales = axis == nil ? Tensor(scalar: factors[0]) : Tensor(factors)
  }
}
