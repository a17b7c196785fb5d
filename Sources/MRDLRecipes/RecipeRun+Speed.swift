package import MRDLCore
package import MRDLRuntime
internal import MRDLTraining

/// How fast a recipe trains.
package struct TrainingSpeed: Sendable {
  /// The time of each whole step, in order: samples, gradients, and what the optimizer does.
  package fileprivate(set) var nanoseconds: [UInt64] = []
  /// The samples of a step.
  package let sampleCount: Int
  /// Where the time of the graph went, where that was asked for.
  package fileprivate(set) var profile: SessionProfile?
}

extension RecipeRun {
  /// Takes steps as a training does and keeps nothing of them.
  ///
  /// - Parameters:
  ///   - seconds: how long steps are measured; a quarter of it goes by before, and one step at least.
  ///   - profiles: whether every node is measured as well, which takes time itself.
  /// - Throws: `MRDL5002` for a recipe that is not solved in steps, or what is wrong with recipe or data.
  package func measureSpeed(seconds: Double, profiles: Bool) throws(MRDLError) -> TrainingSpeed {
    guard recipe.solver == .gradient else {
      throw MRDLError(
        .badRecipe, "a closed form takes no steps that could be measured",
        found: recipe.solver.rawValue, expected: Recipe.Solver.gradient.rawValue,
        at: Place("/solver"))
    }
    var options = recipe.options(threadLimit: threadLimit)
    options.epochCount = Self.endlessEpochCount
    options.earlyStopping = nil
    var trainer = try makeTrainer(makeArchitecture(), options)
    if profiles { trainer.startProfile() }
    var speed = TrainingSpeed(
      sampleCount: options.stepSampleCount(of: data.training.sampleCount))
    let start = Clock.monotonicNanoseconds
    let warm = start + UInt64(seconds * 0.25e9)
    let end = warm + UInt64(seconds * 1e9)
    var last: UInt64?
    var seen = 0
    _ = try trainer.train(
      on: data.training,
      report: { (progress) throws(MRDLError) in
        guard case .step(_, let count, _) = progress else { return }
        let now = Clock.monotonicNanoseconds
        let isWhole = count - (count > seen ? seen : 0) == speed.sampleCount
        seen = count
        if let last, isWhole { speed.nanoseconds.append(now - last) }
        if now >= warm { last = now }
      },
      isInterrupted: { !speed.nanoseconds.isEmpty && Clock.monotonicNanoseconds >= end })
    speed.profile = trainer.currentProfile
    return speed
  }

  /// More epochs than can be trained in the time of a measurement.
  private static var endlessEpochCount: Int { 1 << 40 }
}
