internal import MRDLCore
internal import MRDLTraining

extension LearningRate {
  /// The course that a recipe names for a first rate.
  init(_ initial: Double, schedule: JSONCursor?) throws(MRDLError) {
    self.init(initial)
    guard let schedule else { return }
    var known: Set = ["kind", "warm_up"]
    warmUpEpochs = try schedule.notNegative("warm_up")
    let kind = try schedule.required("kind")
    switch try kind.string() {
    case "constant": course = .constant
    case "step":
      known.formUnion(["every", "factor"])
      course = .step(
        epochCount: try schedule.required("every").count(),
        factor: try schedule.required("factor").positive())
    case "exponential":
      known.insert("factor")
      course = .exponential(factor: try schedule.required("factor").positive())
    case "cosine":
      known.insert("floor")
      course = .cosine(floor: try schedule.share("floor", default: 0))
    case "plateau":
      known.formUnion(["factor", "patience", "least_change", "floor"])
      course = .plateau(
        factor: try schedule.required("factor").share(),
        patience: try schedule.required("patience").count(),
        leastChange: try schedule.notNegative("least_change"),
        floor: try schedule.share("floor", default: 0))
    default:
      throw try kind.unknown(
        "schedule", expected: "constant, step, exponential, cosine, plateau")
    }
    try schedule.refuseUnknownKeys(except: known)
  }

  /// The course as JSON, with every default written out.
  var encodedSchedule: JSONValue {
    var members: [JSONMember]
    switch course {
    case .constant: members = [JSONMember("kind", "constant")]
    case .step(let count, let factor):
      members = [
        JSONMember("kind", "step"), JSONMember("every", .integer(Int64(count))),
        JSONMember("factor", .number(factor)),
      ]
    case .exponential(let factor):
      members = [JSONMember("kind", "exponential"), JSONMember("factor", .number(factor))]
    case .cosine(let floor):
      members = [JSONMember("kind", "cosine"), JSONMember("floor", .number(floor))]
    case .plateau(let factor, let patience, let leastChange, let floor):
      members = [
        JSONMember("kind", "plateau"), JSONMember("factor", .number(factor)),
        JSONMember("patience", .integer(Int64(patience))),
        JSONMember("least_change", .number(leastChange)), JSONMember("floor", .number(floor)),
      ]
    }
    members.append(JSONMember("warm_up", .number(warmUpEpochs)))
    return .object(members)
  }
}
