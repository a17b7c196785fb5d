internal import MRDLCore
internal import MRDLTraining

/// The rule that a recipe names, with its rate and the decay that belongs to it.
struct OptimizerRecipe: Sendable, Hashable {
  var rule: Optimizer
  var rate: Double
  /// Decoupled weight decay.
  var decay: Double

  init(_ cursor: JSONCursor) throws(MRDLError) {
    rate = try cursor.required("rate").positive()
    var known: Set = ["kind", "rate", "weight_decay"]
    let kind = try cursor.optional("kind")
    var defaultDecay = 0.0
    switch try kind?.string() ?? "sgd" {
    case "sgd":
      known.formUnion(["momentum", "nesterov"])
      rule = .gradientDescent(
        GradientDescent(
          momentum: try cursor.share("momentum", default: 0),
          usesNesterov: try cursor.bool("nesterov", default: false)))
    case "adagrad":
      known.insert("epsilon")
      rule = .adaGrad(AdaGrad(epsilon: try cursor.positive("epsilon", default: 1e-10)))
    case "rmsprop":
      known.formUnion(["rho", "epsilon", "momentum"])
      rule = .rmsProp(
        RMSProp(
          rho: try cursor.share("rho", default: 0.9),
          epsilon: try cursor.positive("epsilon", default: 1e-8),
          momentum: try cursor.share("momentum", default: 0)))
    case "adam", "adamw":
      known.formUnion(["beta1", "beta2", "epsilon"])
      if try kind?.string() == "adamw" { defaultDecay = 0.01 }
      rule = .adam(
        Adam(
          beta1: try cursor.share("beta1", default: 0.9),
          beta2: try cursor.share("beta2", default: 0.999),
          epsilon: try cursor.positive("epsilon", default: 1e-8)))
    default:
      throw try (kind ?? cursor).unknown(
        "optimizer", expected: "sgd, adagrad, rmsprop, adam, adamw")
    }
    decay = try cursor.share("weight_decay", default: defaultDecay)
    try cursor.refuseUnknownKeys(except: known)
  }

  /// The rule as JSON, with every default written out.
  var encoded: JSONValue {
    var members: [JSONMember]
    switch rule {
    case .gradientDescent(let rule):
      members = [
        JSONMember("kind", "sgd"), JSONMember("rate", .number(rate)),
        JSONMember("momentum", .number(rule.momentum)),
        JSONMember("nesterov", .bool(rule.usesNesterov)),
      ]
    case .adaGrad(let rule):
      members = [
        JSONMember("kind", "adagrad"), JSONMember("rate", .number(rate)),
        JSONMember("epsilon", .number(rule.epsilon)),
      ]
    case .rmsProp(let rule):
      members = [
        JSONMember("kind", "rmsprop"), JSONMember("rate", .number(rate)),
        JSONMember("rho", .number(rule.rho)), JSONMember("epsilon", .number(rule.epsilon)),
        JSONMember("momentum", .number(rule.momentum)),
      ]
    case .adam(let rule):
      members = [
        JSONMember("kind", .string(decay > 0 ? "adamw" : "adam")),
        JSONMember("rate", .number(rate)), JSONMember("beta1", .number(rule.beta1)),
        JSONMember("beta2", .number(rule.beta2)), JSONMember("epsilon", .number(rule.epsilon)),
      ]
    }
    members.append(JSONMember("weight_decay", .number(decay)))
    return .object(members)
  }
}
