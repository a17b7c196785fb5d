public import MRDLNumerics

/// How a program is made from a model.
public struct ProgramOptions: Sendable, Hashable {
  /// What the program is for.
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// Weights are constants, which passes may fold and kernels may pack.
    case inference
    /// Parameters are inputs; nothing is folded into them.
    case training
  }

  public var mode: Mode
  /// Names of graph passes that are left out, out of `GraphPasses.names`.
  public var disabledPasses: Set<String>

  /// In what products and convolutions with constant weights multiply. One that is not available
  /// (`ComputePrecision.isAvailable`) is float32.
  public var precision: ComputePrecision

  public init(
    mode: Mode = .inference, disabledPasses: Set<String> = [],
    precision: ComputePrecision = .float32
  ) {
    self.mode = mode
    self.precision = precision
    self.disabledPasses = disabledPasses
  }
}
