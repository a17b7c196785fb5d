import MRDLCore
import MRDLModel
import MRDLReports
import MRDLRuntime

/// A program with the place where it runs.
final class Lane {
  let program: Program
  private var session: Session

  init(
    _ model: Model, _ options: SessionOptions, _ programOptions: ProgramOptions
  ) throws(MRDLError) {
    program = try Program(model, options: programOptions)
    session = Session(program, options: options)
  }

  /// Runs once, and measures the nodes where asked for.
  func run(
    _ inputs: [String: GraphValue], sampleCount: Int, profiles: Bool
  ) throws(MRDLError) -> Runner.Result {
    if profiles { session.startProfile() }
    let outputs = try session.run(values: inputs)
    return Runner.Result(
      outputs: program.outputs.compactMap { info in outputs[info.name].map { (info.name, $0) } },
      sampleCount: sampleCount,
      profile: profiles ? session.currentProfile.map { ProfileReport($0) } : nil)
  }

  /// Runs again and again on the same inputs, for at least `seconds` after two runs to warm up.
  ///
  /// - Returns: nanoseconds of each run, and the profile of runs of their own where asked for, because
  ///   measuring the nodes costs time too.
  func measure(
    _ inputs: [String: GraphValue], seconds: Double, profiles: Bool
  ) throws(MRDLError) -> (nanoseconds: [UInt64], profile: ProfileReport?) {
    _ = try session.run(values: inputs)
    try session.run()
    var times: [UInt64] = []
    times.reserveCapacity(1 << 16)
    let start = Clock.monotonicNanoseconds
    let end = start + UInt64(seconds * 1e9)
    var before = start
    repeat {
      try session.run()
      let now = Clock.monotonicNanoseconds
      times.append(now - before)
      before = now
    } while before < end
    guard profiles else { return (times, nil) }
    session.startProfile()
    for _ in 0..<min(times.count, 1000) { try session.run() }
    return (times, session.currentProfile.map { ProfileReport($0) })
  }
}
