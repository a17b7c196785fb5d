package import MRDLCore
package import MRDLTraining

/// Everything that decides how a model comes into being: architecture, loss, optimizer and their numbers.
///
/// `Schemas/mrdl-recipe-1.schema.json` describes the JSON form.
package struct Recipe: Sendable, Hashable {
  package var name: String
  package var description: String
  package var layers: [LayerRecipe]
  package var initializer: Initializer
  package var loss: Objective.Loss
  package var momentum: Double
  package var usesNesterov: Bool
  package var weightDecay: Double
  package var rate: LearningRate
  package var epochCount: Int
  package var batchSize: Int
  package var seed: UInt64
  /// The share of the training samples that are held back for validation.
  package var validationShare: Double

  /// Reads a recipe; keys that are not known are refused.
  package init(_ root: JSONCursor) throws(MRDLError) {
    try root.refuseUnknownKeys(
      except: [
        "name", "description", "layers", "initializer", "loss", "optimizer", "schedule", "epochs",
        "batch", "seed", "validation",
      ])
    name = try root.required("name").string()
    description = try root.optional("description")?.string() ?? ""
    layers = []
    for layer in try root.required("layers").elements() { layers.append(try LayerRecipe(layer)) }
    initializer = try root.optional("initializer")?.choice() ?? .glorot
    loss = try root.required("loss").choice()
    let optimizer = try root.required("optimizer")
    try optimizer.refuseUnknownKeys(
      except: ["kind", "rate", "momentum", "nesterov", "weight_decay"])
    let kind = try optimizer.optional("kind")
    guard try kind?.string() ?? "sgd" == "sgd" else {
      throw MRDLError(
        .badRecipe, "a kind of optimizer is not known", found: try kind?.string(),
        expected: "sgd", at: kind?.place ?? .unknown)
    }
    momentum = try optimizer.share("momentum", default: 0)
    usesNesterov = try optimizer.optional("nesterov")?.bool() ?? false
    weightDecay = try optimizer.share("weight_decay", default: 0)
    rate = try LearningRate(
      optimizer.required("rate").positive(), schedule: root.optional("schedule"))
    epochCount = try root.required("epochs").integer(in: 1...1_000_000)
    batchSize = try root.required("batch").integer(in: 1...1_000_000)
    seed = UInt64(try root.optional("seed")?.integer(in: 0...Int.max) ?? 1)
    validationShare = try root.share("validation", default: 0)
  }

  /// The recipe as JSON, with every default written out.
  package var encoded: JSONValue {
    .object([
      "name": .string(name),
      "description": .string(description),
      "layers": .array(layers.map(\.encoded)),
      "initializer": .string(initializer.rawValue),
      "loss": .string(loss.rawValue),
      "optimizer": .object([
        "kind": "sgd", "rate": .number(rate.initial), "momentum": .number(momentum),
        "nesterov": .bool(usesNesterov), "weight_decay": .number(weightDecay),
      ]),
      "schedule": rate.encodedSchedule,
      "epochs": .integer(Int64(epochCount)),
      "batch": .integer(Int64(batchSize)),
      "seed": .integer(Int64(seed)),
      "validation": .number(validationShare),
    ])
  }

  /// How the trainer goes about it.
  package func options(threadLimit: Int?) -> TrainingOptions {
    TrainingOptions(
      epochCount: epochCount, batchSize: batchSize, seed: seed,
      optimizer: .gradientDescent(
        GradientDescent(momentum: momentum, usesNesterov: usesNesterov)),
      learningRate: rate, weightDecay: WeightDecay(l2: weightDecay), metrics: [.accuracy(rank: 1)],
      threadLimit: threadLimit)
  }
}

extension LearningRate {
  fileprivate init(_ initial: Double, schedule: JSONCursor?) throws(MRDLError) {
    self.init(initial)
    guard let schedule else { return }
    try schedule.refuseUnknownKeys(except: ["kind", "floor", "every", "factor", "warm_up"])
    warmUpEpochs = try schedule.optional("warm_up")?.number() ?? 0
    let kind = try schedule.required("kind")
    switch try kind.string() {
    case "constant": course = .constant
    case "step":
      course = .step(
        epochCount: try schedule.required("every").integer(in: 1...1_000_000),
        factor: try schedule.required("factor").positive())
    case "cosine": course = .cosine(floor: try schedule.share("floor", default: 0))
    case let other:
      throw MRDLError(
        .badRecipe, "a kind of schedule is not known", found: "\"\(other)\"",
        expected: "constant, step, cosine", at: kind.place)
    }
  }

  fileprivate var encodedSchedule: JSONValue {
    switch course {
    // No recipe asks for a course that falls on a plateau.
    case .constant, .plateau:
      .object(["kind": "constant", "warm_up": .number(warmUpEpochs)])
    case .exponential(let factor):
      .object([
        "kind": "step", "every": .integer(1), "factor": .number(factor),
        "warm_up": .number(warmUpEpochs),
      ])
    case .step(let count, let factor):
      .object([
        "kind": "step", "every": .integer(Int64(count)), "factor": .number(factor),
        "warm_up": .number(warmUpEpochs),
      ])
    case .cosine(let floor):
      .object(["kind": "cosine", "floor": .number(floor), "warm_up": .number(warmUpEpochs)])
    }
  }
}

extension JSONCursor {
  /// A number above zero.
  fileprivate func positive() throws(MRDLError) -> Double {
    let number = try number()
    guard number > 0 else {
      throw MRDLError(
        .badRecipe, "a number is not positive", found: "\(number)", at: place)
    }
    return number
  }

  /// A number from 0 up to, but not including, 1.
  fileprivate func share(_ key: String, default value: Double) throws(MRDLError) -> Double {
    guard let cursor = try optional(key) else { return value }
    let number = try cursor.number()
    guard (0..<1).contains(number) else {
      throw MRDLError(
        .badRecipe, "a number is out of range", found: "\(number)",
        expected: "at least 0 and below 1", at: cursor.place)
    }
    return number
  }
}
