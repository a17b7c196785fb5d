import MRDLCore
import MRDLModel
import MRDLNumerics
import MRDLRuntime

/// One thread of the soak: it runs models in sessions of its own, in programs that all share. Threads share
/// nothing else, so that no lock of the soak hides what the runtime lacks.
struct SoakWorker {
  private let models: [SoakModel]
  private var programs: [Program]
  private var random: RandomNumbers
  private var sessions: [Int: Holder] = [:]
  /// The digest of the first answer to every question.
  private(set) var answers: [String: Digest] = [:]
  private(set) var runCount = 0

  /// A session where others can hold it.
  private final class Holder {
    var session: Session
    init(_ program: Program, _ options: SessionOptions) {
      session = Session(program, options: options)
    }
  }

  init(_ models: [SoakModel], programs: [Program], number: UInt64) {
    self.models = models
    self.programs = programs
    random = RandomNumbers(seed: 3, stream: number)
  }

  /// Runs until a time of `Clock.monotonicNanoseconds`.
  ///
  /// - Throws: what a run reports, or that an answer differs from an earlier one.
  mutating func run(until end: UInt64) throws {
    while Clock.monotonicNanoseconds < end {
      let index = Int(random.nextWord()) % models.count
      let model = models[index]
      let choice = Int(random.nextWord()) % model.shapeCount
      let seed = UInt64(random.nextWord() % 2)
      // Now and then a session, or a program with all that it has packed, goes and a new one comes.
      switch random.nextWord() % 64 {
      case 0: sessions[index] = nil
      case 1:
        sessions[index] = nil
        programs[index] = try Program(model.model)
      default: break
      }
      if sessions[index] == nil {
        let limit = Int(random.nextWord() % 3)
        sessions[index] = Holder(
          programs[index], SessionOptions(threadLimit: limit == 0 ? nil : limit))
      }
      guard let outputs = try sessions[index]?.session.run(["x": model.input(choice, seed: seed)]),
        let output = outputs[model.model.graph.outputs[0].name]
      else { continue }
      runCount += 1
      try Self.keep(
        output.withUnsafeBytes { Digest(of: $0) }, of: "\(model.name) \(choice) \(seed)",
        in: &answers)
    }
  }

  /// Compares an answer with the first one: any number of threads, any neighbour, the same bits.
  static func keep(
    _ answer: Digest, of question: String, in answers: inout [String: Digest]
  ) throws(MRDLError) {
    let first = answers[question] ?? answer
    guard first == answer else {
      throw MRDLError(.internalFault, "another answer than before", at: Place(question))
    }
    answers[question] = first
  }
}
