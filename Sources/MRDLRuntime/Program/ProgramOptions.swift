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

  public init(mode: Mode = .inference, disabledPasses: Set<String> = []) {
    self.mode = mode
    self.disabledPasses = disabledPasses
  }
}
