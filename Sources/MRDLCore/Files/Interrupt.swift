internal import CMRDLSystem

/// The wish of a person at the terminal to stop: SIGINT.
public enum Interrupt {
  /// Makes the next interrupt be remembered instead of ending the process; one after that ends it.
  public static func watch() { mrdl_watch_interrupt() }

  /// Whether an interrupt has come since `watch`.
  public static var isRequested: Bool { mrdl_interrupted() != 0 }
}
