/// How large a gradient may be. Clipping comes before weight decay.
public enum GradientClipping: Sendable, Hashable {
  /// The gradients of all parameters together, seen as one vector, are shortened to at most this
  /// Euclidean length (Pascanu, Mikolov and Bengio, 2013).
  case norm(Double)
  /// Every number of a gradient is brought between minus and plus this.
  case value(Double)
}
