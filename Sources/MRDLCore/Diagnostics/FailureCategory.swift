/// What went wrong in the largest sense; it decides the exit code of a command.
public enum FailureCategory: String, Sendable, Hashable, CaseIterable {
  /// The caller asked for something that makes no sense.
  case usage
  /// A file or a value is not what its format says it must be.
  case badData
  /// A named input does not exist or cannot be opened.
  case noInput
  /// A fault of this package, not of its input.
  case internalFault
  /// An output cannot be created.
  case cannotCreate
  /// Reading or writing failed half-way.
  case inputOutput

  /// The exit code of a command that ends with such a failure, as in `sysexits.h`.
  public var exitCode: Int32 {
    switch self {
    case .usage: 64
    case .badData: 65
    case .noInput: 66
    case .internalFault: 70
    case .cannotCreate: 73
    case .inputOutput: 74
    }
  }
}
