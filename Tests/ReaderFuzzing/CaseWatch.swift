import Glibc
import MRDLCore

/// Ends the process with a message that repeats the case when reading it crashes, takes too long or takes
/// too much memory.
enum CaseWatch {
  /// Processor seconds that one case may take.
  static let secondCount = 10
  /// Bytes of memory that the process may hold: a value of `Limits.foldedByteCount`, tables of its extents, and
  /// the rest. And of addresses.
  static let residentByteCount = 5 << 30
  static let addressByteCount: UInt = 12 << 30

  // Written by the one thread that runs cases, and read by the handler of a signal in it.
  private nonisolated(unsafe) static let message = UnsafeMutablePointer<CChar>.allocate(
    capacity: 4096)
  private nonisolated(unsafe) static let savePath = UnsafeMutablePointer<CChar>.allocate(
    capacity: 4096)
  private nonisolated(unsafe) static var content: UnsafeRawPointer?
  private nonisolated(unsafe) static var byteCount = 0

  /// - Parameter path: where the bytes of a case that fails are written.
  static func start(savingTo path: String) {
    strncpy(savePath, path, 4095)
    message[0] = 0
    var limit = rlimit(rlim_cur: rlim_t(addressByteCount), rlim_max: rlim_t(addressByteCount))
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    // Deep recursion overruns the stack, so the handler has one of its own.
    let size = 1 << 16
    var stack = stack_t(
      ss_sp: UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16), ss_flags: 0,
      ss_size: size)
    sigaltstack(&stack, nil)
    var action = sigaction()
    action.sa_flags = SA_ONSTACK | SA_NODEFER
    action.__sigaction_handler.sa_handler = { number in CaseWatch.report(number) }
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGPROF] {
      sigaction(number, &action, nil)
    }
  }

  private static func report(_ number: Int32) {
    let reason: StaticString =
      number == SIGPROF ? "takes too long: " : "ends the process: "
    _ = write(2, reason.utf8Start, reason.utf8CodeUnitCount)
    _ = write(2, message, strlen(message))
    if let content {
      let file = open(savePath, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
      if file >= 0 {
        _ = write(file, content, byteCount)
        close(file)
      }
    }
    _exit(1)
  }

  /// Runs one case.
  ///
  /// - Returns: whether the process kept within its memory.
  static func run(_ description: String, _ bytes: [UInt8], _ body: () -> Void) -> Bool {
    strncpy(message, description + "\n", 4095)
    var timer = itimerval()
    timer.it_value.tv_sec = secondCount
    setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    bytes.withUnsafeBytes {
      content = $0.baseAddress
      byteCount = $0.count
      body()
    }
    content = nil
    timer.it_value.tv_sec = 0
    setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024 <= residentByteCount
  }
}
