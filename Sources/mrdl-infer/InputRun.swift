import MRDLCommandLine
import MRDLCore

/// Runs the inputs of a command line, in batches; where there are many, one that fails is reported and
/// the others go on.
struct InputRun {
  let runner: Runner
  let batch: Int
  let profiles: Bool
  private var list: InputList
  private var pending: [Runner.Sample] = []
  private var failure: FailureCategory?
  /// Whether it was said that the model takes no pictures.
  private var hasToldOfModel = false

  init(_ inputs: [String], runner: Runner, batch: Int, profiles: Bool) {
    list = InputList(inputs)
    self.runner = runner
    self.batch = batch
    self.profiles = profiles
  }

  /// - Parameter report: takes the errors of inputs that fail among others.
  /// - Throws: the error of an input that is alone; the exit code of the first failure at the end.
  mutating func perform(
    _ printer: inout AnswerPrinter, report: (MRDLError) throws -> Void
  ) throws {
    printer.expectsManyRuns = list.mayHaveMany
    while true {
      do throws(MRDLError) {
        guard let path = try list.next() else { break }
        try append(try runner.load(path), &printer)
      } catch {
        try note(error, report)
      }
    }
    do throws(MRDLError) {
      try runPending(&printer)
    } catch {
      try note(error, report)
    }
    if let failure {
      try printer.finish()
      throw CommandExit.failure(failure)
    }
  }

  private mutating func append(
    _ sample: Runner.Sample, _ printer: inout AnswerPrinter
  ) throws(MRDLError) {
    if let first = pending.first, !first.fits(sample) {
      defer { pending = [sample] }
      try runPending(&printer)
    } else {
      pending.append(sample)
    }
    if pending.count >= runner.pictureBatch(batch) { try runPending(&printer) }
  }

  private mutating func runPending(_ printer: inout AnswerPrinter) throws(MRDLError) {
    guard let first = pending.first else { return }
    let samples = pending
    pending = []
    do throws(MRDLError) {
      try printer.print(
        try runner.run(samples, profiles: profiles), inputs: samples.map(\.path))
    } catch {
      throw samples.count == 1 ? error.inFile(first.path) : error
    }
  }

  /// Goes on after a bad input among many, throws for anything else. What is wrong with the model and not with
  /// one of the pictures is said once, and ends the run where there are no inputs but a directory of pictures.
  private mutating func note(
    _ error: MRDLError, _ report: (MRDLError) throws -> Void
  ) throws {
    let category = error.code.category
    let isOfModel = error.finding == runner.pictureFailure?.finding
    guard list.mayHaveMany, category == .badData || category == .noInput,
      !(isOfModel && list.isOneDirectory)
    else { throw error }
    failure = failure ?? category
    if isOfModel && hasToldOfModel { return }
    hasToldOfModel = hasToldOfModel || isOfModel
    try report(error)
  }
}
