public import MRDLCore

/// How a model file is opened, whichever format it has.
public struct OpeningOptions: Sendable, Hashable {
  /// Where the bytes of tensors live.
  public enum Memory: Sendable, Hashable {
    /// In the file, mapped: opening costs the header, not the weights. A file that another process
    /// cuts short while it is mapped raises SIGBUS.
    case mapped
    /// In memory of their own: nothing that happens to the file later can harm the model.
    case copied
  }

  /// When the bytes of a tensor are compared with the digest that the file states.
  public enum Verification: Sendable, Hashable {
    /// When the tensor is first asked for.
    case onFirstUse
    /// Never; for files that have been verified before.
    case never
    /// All of them while the file is opened.
    case now
  }

  public var memory: Memory
  public var verification: Verification
  public var limits: Limits

  public init(
    memory: Memory = .mapped, verification: Verification = .onFirstUse, limits: Limits = .standard
  ) {
    self.memory = memory
    self.verification = verification
    self.limits = limits
  }

  /// Mapped, and verified on first use.
  public static let standard = OpeningOptions()
}
