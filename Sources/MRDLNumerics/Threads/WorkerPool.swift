internal import CMRDLSystem

/// Something that is done in pieces, which may run at the same time.
package protocol ParallelWork {
  /// Does one piece.
  ///
  /// - Parameters:
  ///   - index: the piece; each is done once. Those of a phase follow each other.
  ///   - slot: tells the pieces that run at the same time apart, so that each may use a workspace of its
  ///     own. It must not decide anything that shows in a result.
  func run(index: Int, slot: Int)
}

/// The threads of the process, one pool for all its sessions.
///
/// How sums are cut must depend on the shape of the work alone, so that results are the same for any number of
/// threads. Which sums make a piece may follow their number: what one core has written is dear for another, and
/// so are lines beside it, which are fetched ahead in vain.
public enum WorkerPool {
  /// How many threads take part at most, the caller among them.
  public static var size: Int { mrdl_pool_size() }

  /// The processors that this process may use, by its affinity and the quota of its control group.
  public static var availableProcessors: Int { mrdl_available_processors() }

  /// Chooses the size of the pool, before it is first used.
  ///
  /// - Parameter size: 1 to 1024 threads, the caller among them.
  /// - Returns: false when the threads run already with another size, or `size` is out of range.
  public static func setSize(_ size: Int) -> Bool {
    size > 0 && mrdl_pool_set_size(size) == 0
  }

  /// Does all pieces of some work and returns when the last one is done.
  ///
  /// Where the work has phases, those of a phase begin when all of the phase before are done. One call of
  /// many phases takes half the time to hand over from each to the next that a call for each would.
  ///
  /// Runs on the calling thread alone when there is one piece, when `threadLimit` is 1, when the pool is
  /// at work for another thread, and within another parallel call. Nothing is allocated.
  ///
  /// - Parameters:
  ///   - count: the pieces of a phase.
  ///   - threadLimit: how many threads may take part, the caller among them; 0 for all.
  package static func run<Work: ParallelWork>(
    _ work: Work, phases: Int = 1, count: Int, threadLimit: Int
  ) {
    if count <= 1 || threadLimit == 1 {
      for index in 0..<phases * max(count, 0) { work.run(index: index, slot: 0) }
      return
    }
    withUnsafePointer(to: work) { work in
      let call = Call(work: work) { work, index, slot in
        work.assumingMemoryBound(to: Work.self).pointee.run(index: index, slot: slot)
      }
      withUnsafePointer(to: call) { call in
        mrdl_pool_run(
          threadLimit, phases, count,
          { context, index, slot in
            guard let context else { return }
            let call = context.assumingMemoryBound(to: Call.self).pointee
            call.piece(call.work, index, slot)
          }, UnsafeMutableRawPointer(mutating: call))
      }
    }
  }

  /// Does all pieces of some work, as `run` does, but allocates memory for what the body captures.
  package static func parallel(
    _ count: Int, threadLimit: Int = 0, _ body: (_ index: Int) -> Void
  ) {
    if count <= 1 || threadLimit == 1 {
      for index in 0..<max(count, 0) { body(index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      run(ClosureWork(body: body), count: count, threadLimit: threadLimit)
    }
  }

  /// A limit of threads, where 0 means all, cut to so many workspaces.
  package static func limit(_ threadLimit: Int, slots: Int) -> Int {
    threadLimit == 0 ? slots : min(threadLimit, slots)
  }

  private struct ClosureWork: ParallelWork {
    let body: (Int) -> Void
    func run(index: Int, slot: Int) { body(index) }
  }

  /// What a thread of the pool needs to know: the work and how to do a piece of it.
  private struct Call {
    let work: UnsafeRawPointer
    let piece: (_ work: UnsafeRawPointer, _ index: Int, _ slot: Int) -> Void
  }
}
