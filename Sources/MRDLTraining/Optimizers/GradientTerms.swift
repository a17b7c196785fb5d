/// How a gradient becomes the slope that an optimizer follows, and how far the weight shrinks before that:
/// min(max(scale · g, −bound), bound) + l1 · sign(w) + l2 · w.
struct GradientTerms: Sendable, Hashable {
  var scale = 1.0
  var bound = Double.infinity
  var l1 = 0.0
  var l2 = 0.0
  /// The weight is multiplied by 1 minus this.
  var shrinkage = 0.0
}
