package import MRDLCore
package import MRDLNumerics

/// An operator whose kernels can add a residual and apply an activation to what they compute before they
/// write it, so that the result need not be read again.
///
/// A fused node has the inputs of the operator, those left out included, then the residual, and then the
/// bias where the operator has no input of its own for it.
package protocol FusibleOperator: Operator {
  /// Whether a vector with a number for each column of the result can be added too.
  static var takesColumnBias: Bool { get }

  /// Whether a residual can be added.
  static var takesResidual: Bool { get }

  /// Prepares the arithmetic with what follows it. Where the epilogue adds a residual, it has the shape of
  /// the output.
  func makeKernel(
    _ request: KernelRequest, epilogue: Epilogue
  ) throws(MRDLError) -> any Kernel
}

extension FusibleOperator {
  public var fusionRole: FusionRole { .base(FusionBase(op: self)) }
  package static var takesColumnBias: Bool { false }
  package static var takesResidual: Bool { true }

  /// The index of the residual among the inputs of a fused node.
  package static var residualInput: Int { inputCount.upperBound }

  /// The index of the bias among the inputs of a fused node.
  package static var columnBiasInput: Int { inputCount.upperBound + 1 }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try makeKernel(request, epilogue: .none)
  }
}

extension KernelRequest {
  /// Whether the node has an input.
  func hasInput(_ index: Int) -> Bool { index < inputs.count && inputs[index] != nil }

  /// A constant input; nil where it is none.
  func constant(_ index: Int) -> Tensor? {
    index < inputs.count ? inputs[index]?.constant : nil
  }
}
