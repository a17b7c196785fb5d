import MRDLCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A worker on a thread of the system. Only one of the two threads that know it uses it at a time: the system
/// orders what happens before its thread begins and after it is joined.
final class SoakThread: @unchecked Sendable {
  private(set) var worker: SoakWorker
  private var seconds = 0.0
  private var failure: (any Error)?

  #if canImport(Glibc)
    private var thread = pthread_t()
  #else
    private var thread: pthread_t?
  #endif

  init(_ worker: SoakWorker) { self.worker = worker }

  /// Begins to run.
  func run(seconds: Double) {
    self.seconds = seconds
    let me = Unmanaged.passRetained(self).toOpaque()
    let result = pthread_create(
      &thread, nil,
      { argument in
        #if canImport(Glibc)
          guard let argument else { return nil }
        #endif
        Unmanaged<SoakThread>.fromOpaque(argument).takeRetainedValue().work()
        return nil
      }, me)
    precondition(result == 0, "no thread can be made")
  }

  private func work() {
    let end = Clock.monotonicNanoseconds + UInt64(seconds * 1e9)
    do { try worker.run(until: end) } catch { failure = error }
  }

  /// Waits for the end of the run.
  ///
  /// - Throws: what went wrong in it.
  func join() throws {
    #if canImport(Glibc)
      pthread_join(thread, nil)
    #else
      if let thread { pthread_join(thread, nil) }
    #endif
    if let failure { throw failure }
  }
}
