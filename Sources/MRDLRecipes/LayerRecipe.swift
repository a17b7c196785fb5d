internal import MRDLCore

/// One layer of an architecture, as a recipe names it.
package enum LayerRecipe: Sendable, Hashable {
  package enum Padding: String, Sendable, Hashable, CaseIterable {
    case valid
    case same
  }

  package enum Activation: String, Sendable, Hashable, CaseIterable {
    case sigmoid
    case tanh
    case relu
    case leakyRelu = "leaky-relu"
    case softmax
  }

  case convolution(filters: Int, kernel: Int, stride: Int, padding: Padding)
  case activation(Activation)
  case averagePool(size: Int, stride: Int)
  case maxPool(size: Int, stride: Int)
  case flatten
  case dense(units: Int)

  /// Reads a layer: an object with a `kind` and what it takes.
  init(_ cursor: JSONCursor) throws(MRDLError) {
    func size(_ key: String, default value: Int? = nil) throws(MRDLError) -> Int {
      guard let value else { return try cursor.required(key).integer(in: 1...65_536) }
      return try cursor.optional(key)?.integer(in: 1...65_536) ?? value
    }
    var known: Set = ["kind"]
    let kind = try cursor.required("kind")
    switch try kind.string() {
    case "conv":
      known.formUnion(["filters", "kernel", "stride", "padding"])
      self = .convolution(
        filters: try size("filters"), kernel: try size("kernel"),
        stride: try size("stride", default: 1),
        padding: try cursor.optional("padding")?.choice() ?? .valid)
    case "activation":
      known.insert("function")
      self = .activation(try cursor.required("function").choice())
    case "average-pool", "max-pool":
      known.formUnion(["size", "stride"])
      let window = try size("size")
      let stride = try size("stride", default: window)
      self =
        try kind.string() == "max-pool"
        ? .maxPool(size: window, stride: stride) : .averagePool(size: window, stride: stride)
    case "flatten": self = .flatten
    case "dense":
      known.insert("units")
      self = .dense(units: try size("units"))
    case let other:
      throw MRDLError(
        .badRecipe, "a kind of layer is not known", found: "\"\(other)\"",
        expected: "conv, activation, average-pool, max-pool, flatten, dense", at: kind.place)
    }
    try cursor.refuseUnknownKeys(except: known)
  }

  /// The layer as JSON, with every default written out.
  var encoded: JSONValue {
    switch self {
    case .convolution(let filters, let kernel, let stride, let padding):
      .object([
        "kind": "conv", "filters": .integer(Int64(filters)), "kernel": .integer(Int64(kernel)),
        "stride": .integer(Int64(stride)), "padding": .string(padding.rawValue),
      ])
    case .activation(let function):
      .object(["kind": "activation", "function": .string(function.rawValue)])
    case .averagePool(let size, let stride):
      .object([
        "kind": "average-pool", "size": .integer(Int64(size)), "stride": .integer(Int64(stride)),
      ])
    case .maxPool(let size, let stride):
      .object([
        "kind": "max-pool", "size": .integer(Int64(size)), "stride": .integer(Int64(stride)),
      ])
    case .flatten: .object(["kind": "flatten"])
    case .dense(let units): .object(["kind": "dense", "units": .integer(Int64(units))])
    }
  }
}

extension JSONCursor {
  /// Refuses a key that is not among the given ones: in a recipe it is a mistake.
  func refuseUnknownKeys(except known: Set<String>) throws(MRDLError) {
    for (key, cursor) in try members() where !known.contains(key) {
      throw MRDLError(
        .unknownKey, "a key of a recipe is not known", found: "\"\(key)\"",
        expected: known.sorted().joined(separator: ", "), at: cursor.place)
    }
  }
}
