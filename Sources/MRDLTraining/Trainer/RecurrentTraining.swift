/// How recurrent layers learn from sequences that are long, or that are pieces of a longer one.
public struct RecurrentTraining: Sendable, Hashable {
  /// Over how many steps residuals pass back, nil for all: truncated back-propagation through time (Williams and
  /// Peng, 1990). A sequence is cut into blocks of so many steps, and each block takes the states that the
  /// block before it leaves as constants.
  public var truncation: Int?
  /// Whether a sequence that goes on from the sample before it begins with the states that this one left, as
  /// constants. Samples are then learned from in their order, as many side by side as a batch holds.
  ///
  /// Only training does so; measuring, and the trained model, begin every sequence with states of zero.
  public var keepsState: Bool

  /// - Precondition: the truncation is positive.
  public init(truncation: Int? = nil, keepsState: Bool = false) {
    precondition(truncation ?? 1 > 0, "a block of \(truncation ?? 1) steps")
    self.truncation = truncation
    self.keepsState = keepsState
  }
}
