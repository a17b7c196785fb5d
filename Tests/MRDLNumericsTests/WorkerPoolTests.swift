import MRDLNumerics
import Synchronization
import Testing

/// The pool runs every piece once, in the order of phases, whoever calls it.
@Suite(.serialized)
struct WorkerPoolTests {
  /// Counts what runs, and what runs at a wrong time.
  private final class Record: Sendable {
    let count: Int
    let done: [Counter]
    let occupied: [Counter]
    let faults = Counter()

    init(phases: Int, count: Int) {
      self.count = count
      done = (0..<phases * count).map { _ in Counter() }
      occupied = (0..<max(WorkerPool.size, 1)).map { _ in Counter() }
    }
  }

  private final class Counter: Sendable {
    let value = Atomic(0)

    var current: Int { value.load(ordering: .sequentiallyConsistent) }

    /// - Returns: the new value.
    @discardableResult func add(_ amount: Int) -> Int {
      value.add(amount, ordering: .sequentiallyConsistent).newValue
    }
  }

  private struct Pieces: ParallelWork {
    let record: Record
    /// Spins so often in a piece of an odd index, so that threads come apart.
    var delay = 0

    func run(index: Int, slot: Int) {
      if record.occupied[slot].add(1) != 1 { record.faults.add(1) }
      let first = index / record.count * record.count
      if first > 0 {
        let before = record.done[first - record.count..<first]
        if before.contains(where: { $0.current != 1 }) { record.faults.add(1) }
      }
      if index % 2 == 1 { for _ in 0..<delay { record.faults.add(0) } }
      if record.done[index].add(1) != 1 { record.faults.add(1) }
      record.occupied[slot].add(-1)
    }
  }

  private func check(phases: Int, count: Int, threadLimit: Int, delay: Int = 0) {
    let record = Record(phases: phases, count: count)
    WorkerPool.run(
      Pieces(record: record, delay: delay), phases: phases, count: count, threadLimit: threadLimit)
    #expect(record.faults.current == 0)
    #expect(record.done.allSatisfy { $0.current == 1 })
  }

  @Test(arguments: [0, 1, 2, 3, 64])
  func everyPieceRunsOnce(threadLimit: Int) {
    for phases in [0, 1, 2, 3, 10] {
      for count in [0, 1, 2, 3, 5, 8, 63] {
        check(phases: phases, count: count, threadLimit: threadLimit)
      }
    }
  }

  /// Pieces that take longer than a thread spins put the others to sleep in the middle of a call.
  @Test func phasesWaitForTheSlowest() {
    for _ in 0..<20 { check(phases: 4, count: 2, threadLimit: 0, delay: 10_000) }
    for _ in 0..<20 { check(phases: 3, count: 5, threadLimit: 0, delay: 3_000) }
  }

  @Test func callsInARowKeepThemselvesApart() {
    for call in 0..<5_000 { check(phases: 1 + call % 3, count: 1 + call % 7, threadLimit: 0) }
  }

  @Test func callersDoNotDisturbEachOther() async {
    await withTaskGroup(of: Void.self) { group in
      for caller in 0..<4 {
        group.addTask {
          for call in 0..<500 { check(phases: 2, count: 2 + (caller + call) % 5, threadLimit: 0) }
        }
      }
    }
  }

  @Test func aPieceMayCallThePool() {
    let total = Counter()
    WorkerPool.parallel(7) { outer in
      WorkerPool.parallel(5) { inner in total.add(outer * 5 + inner) }
    }
    #expect(total.current == 34 * 35 / 2)
  }
}
