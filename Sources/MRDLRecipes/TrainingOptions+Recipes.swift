internal import MRDLCore
internal import MRDLTraining

// How the smaller parts of a recipe are read and written.

extension WeightDecay {
  /// The penalties in the loss.
  init(_ cursor: JSONCursor?) throws(MRDLError) {
    self.init()
    guard let cursor else { return }
    try cursor.refuseUnknownKeys(except: ["l1", "l2"])
    l1 = try cursor.notNegative("l1")
    l2 = try cursor.notNegative("l2")
  }

  var encodedPenalties: JSONValue { .object(["l1": .number(l1), "l2": .number(l2)]) }
}

extension GradientClipping {
  init?(_ cursor: JSONCursor?) throws(MRDLError) {
    guard let cursor else { return nil }
    try cursor.refuseUnknownKeys(except: ["norm", "value"])
    let norm = try cursor.optional("norm")
    let value = try cursor.optional("value")
    switch (norm, value) {
    case (let norm?, nil): self = .norm(try norm.positive())
    case (nil, let value?): self = .value(try value.positive())
    default:
      throw MRDLError(
        .badRecipe, "clipping needs one of its two keys", expected: "norm or value",
        at: cursor.place)
    }
  }

  var encoded: JSONValue {
    switch self {
    case .norm(let bound): .object(["norm": .number(bound)])
    case .value(let bound): .object(["value": .number(bound)])
    }
  }
}

extension WeightAveraging {
  init?(_ cursor: JSONCursor?) throws(MRDLError) {
    guard let cursor else { return nil }
    try cursor.refuseUnknownKeys(except: ["decay"])
    self.init(decay: try cursor.share("decay", default: 0.999))
  }

  var encoded: JSONValue { .object(["decay": .number(decay)]) }
}

extension EarlyStopping {
  init?(_ cursor: JSONCursor?) throws(MRDLError) {
    guard let cursor else { return nil }
    try cursor.refuseUnknownKeys(except: ["patience", "least_change"])
    self.init(
      patience: try cursor.required("patience").count(),
      leastChange: try cursor.notNegative("least_change"))
  }

  var encoded: JSONValue {
    .object(["patience": .integer(Int64(patience)), "least_change": .number(leastChange)])
  }
}

extension Monitor {
  init(_ cursor: JSONCursor) throws(MRDLError) {
    try cursor.refuseUnknownKeys(except: ["name", "better"])
    self.init(
      try cursor.required("name").string(), better: try cursor.required("better").choice())
  }

  var encoded: JSONValue {
    .object(["name": .string(name), "better": .string(direction.rawValue)])
  }
}
