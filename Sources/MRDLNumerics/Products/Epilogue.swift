/// What happens to each sum of a product or a convolution before it is written:
/// activation(sum + bias + residual).
///
/// The bias and the residual themselves are given when it runs: the bias has a number for each channel
/// (or row, or column), the residual a number for each element of the result and its layout.
package struct Epilogue: Sendable, Hashable {
  /// The sum as it is, with the bias that may be given.
  package static let none = Epilogue()

  /// Whether a residual is added.
  package var addsResidual: Bool
  package var activation: Activation

  package init(addsResidual: Bool = false, activation: Activation = .none) {
    self.addsResidual = addsResidual
    self.activation = activation
  }

  /// The operations for each element of the sum.
  package var operationCount: Int { (addsResidual ? 1 : 0) + (activation == .none ? 0 : 1) }
}
