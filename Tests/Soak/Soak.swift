import MRDLCore
import MRDLModel
import MRDLNumerics
import MRDLRuntime

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Runs models of mixed shapes in many sessions on several threads at once: the answers stay the same, and
/// memory does not grow. Meant to be built with a sanitizer.
///
///     soak SECONDS SAMPLE.mrdl
@main
struct Soak {
  private static let threadCount = 4
  /// Bytes that the resident memory may grow by in the second half, for what an allocator keeps.
  private static let growthLimit = 24 << 20

  static func main() {
    guard CommandLine.arguments.count == 3, let seconds = Double(CommandLine.arguments[1]),
      seconds >= 1
    else { end("usage: soak SECONDS SAMPLE.mrdl", code: 64) }
    do {
      // More threads than this machine may have, so that their order changes.
      _ = WorkerPool.setSize(3)
      let models = try SoakModel.all(sample: CommandLine.arguments[2])
      let programs = try models.map { try Program($0.model) }
      let threads = (0..<threadCount).map { number in
        SoakThread(SoakWorker(models, programs: programs, number: UInt64(number)))
      }
      for thread in threads { thread.run(seconds: seconds / 2) }
      for thread in threads { try thread.join() }
      let before = try residentBytes()
      for thread in threads { thread.run(seconds: seconds / 2) }
      for thread in threads { try thread.join() }
      let growth = try residentBytes() - before

      var answers: [String: Digest] = [:]
      for (question, answer) in threads.flatMap(\.worker.answers) {
        try SoakWorker.keep(answer, of: question, in: &answers)
      }
      let runCount = threads.reduce(0) { $0 + $1.worker.runCount }
      print(
        "\(runCount) runs, \(answers.count) questions, \(before >> 20) MiB at half time, "
          + "\(growth >> 10) KiB more at the end")
      if growth > growthLimit { end("memory grows", code: 1) }
    } catch {
      end("\(error)", code: 1)
    }
  }

  private static func residentBytes() throws -> Int {
    #if os(Linux)
      let fields = try FileContent.readText("/proc/self/statm").split(separator: " ")
      return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(getpagesize())
    #else
      return 0
    #endif
  }

  private static func end(_ message: String, code: Int32) -> Never {
    try? StandardStream.error.write("soak: \(message)\n")
    exit(code)
  }
}
