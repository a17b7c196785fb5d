import MRDLCommandLine
import MRDLCore
import MRDLNumerics
import MRDLRecipes
import MRDLReports

/// How fast a recipe trains on data.
struct SpeedMeasurement {
  let recipe: Recipe
  let dataPath: String?
  let threadLimit: Int?
  let seconds: Double
  /// Whether the time of every node is measured as well.
  let profiles: Bool

  /// Takes steps and prints their times.
  func print(_ format: ReportFormat) throws(MRDLError) {
    let base = try recipe.base.map { (base) throws(MRDLError) in try BaseModel(base) }
    let data = try RecipeData.read(recipe, path: dataPath, base: base)
    let speed = try RecipeRun(recipe, data, base: base, threadLimit: threadLimit)
      .measureSpeed(seconds: seconds, profiles: profiles)
    var report = LatencyReport(
      nanoseconds: speed.nanoseconds, threads: threadLimit ?? WorkerPool.size,
      batch: speed.sampleCount)
    report.profile = speed.profile.map { ProfileReport($0) }
    try StandardStream.output.write(
      format == .json
        ? report.json(model: recipe.name).text(.indented) : report.text(Terminal.output.style))
  }
}
