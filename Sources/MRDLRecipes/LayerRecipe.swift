internal import MRDLCore

/// One layer of an architecture, as a recipe names it.
package indirect enum LayerRecipe: Sendable, Hashable {
  package enum Pooling: String, Sendable, Hashable, CaseIterable {
    case average
    case max
  }

  package enum Cell: String, Sendable, Hashable, CaseIterable {
    case rnn = "simple-rnn"
    case gru
    case lstm
  }

  case convolution(ConvolutionRecipe)
  case activation(ActivationRecipe)
  case pool(Pooling, WindowRecipe)
  case globalPool(Pooling)
  case batchNormalization(epsilon: Double, momentum: Double)
  case dropout(rate: Double)
  case flatten
  case reshape([Int])
  /// Steps and channels change places.
  case transpose
  /// - Parameter units: nil for as many as there are classes or targets.
  case dense(units: Int?, bias: Bool)
  /// What `layers` give, plus the input, or what `shortcut` makes of it.
  case residual(layers: [LayerRecipe], shortcut: [LayerRecipe])
  /// The powers of every feature up to a degree (2-1), and their products where asked for.
  case polynomial(degree: Int, interactions: Bool)
  case recurrent(Cell, units: Int, bidirectional: Bool, sequences: Bool)

  static func list(_ cursor: JSONCursor) throws(MRDLError) -> [LayerRecipe] {
    var layers: [LayerRecipe] = []
    for layer in try cursor.elements() { layers.append(try LayerRecipe(layer)) }
    return layers
  }

  /// Reads a layer: an object with a `kind` and what it takes.
  init(_ cursor: JSONCursor) throws(MRDLError) {
    var known: Set = ["kind"]
    let kind = try cursor.required("kind")
    switch try kind.string() {
    case "conv":
      known.formUnion(ConvolutionRecipe.keys)
      self = .convolution(try ConvolutionRecipe(cursor))
    case "activation":
      known.formUnion(["function", "alpha"])
      self = .activation(try ActivationRecipe(cursor))
    case "average-pool", "max-pool":
      known.formUnion(WindowRecipe.keys)
      self = .pool(try kind.string() == "max-pool" ? .max : .average, try WindowRecipe(cursor))
    case "global-average-pool": self = .globalPool(.average)
    case "global-max-pool": self = .globalPool(.max)
    case "batch-norm":
      known.formUnion(["epsilon", "momentum"])
      self = .batchNormalization(
        epsilon: try cursor.positive("epsilon", default: 1e-5),
        momentum: try cursor.share("momentum", default: 0.9))
    case "dropout":
      known.insert("rate")
      self = .dropout(rate: try cursor.required("rate").share())
    case "flatten": self = .flatten
    case "reshape":
      known.insert("shape")
      var shape: [Int] = []
      for extent in try cursor.required("shape").elements() {
        shape.append(try extent.count(upTo: 1 << 24))
      }
      self = .reshape(shape)
    case "transpose": self = .transpose
    case "dense":
      known.formUnion(["units", "bias"])
      self = .dense(
        units: try cursor.optional("units")?.count(upTo: 65_536),
        bias: try cursor.bool("bias", default: true))
    case "residual":
      known.formUnion(["layers", "shortcut"])
      let shortcut = try cursor.optional("shortcut")
      self = .residual(
        layers: try Self.list(cursor.required("layers")),
        shortcut: try shortcut.map { (cursor) throws(MRDLError) in try Self.list(cursor) } ?? [])
    case "polynomial":
      known.formUnion(["degree", "interactions"])
      self = .polynomial(
        degree: try cursor.required("degree").count(upTo: 16),
        interactions: try cursor.bool("interactions", default: false))
    case let name:
      guard let cell = Cell(rawValue: name) else {
        throw try kind.unknown(
          "layer",
          expected: "conv, activation, average-pool, max-pool, global-average-pool, "
            + "global-max-pool, batch-norm, dropout, flatten, reshape, transpose, dense, residual, "
            + "polynomial, simple-rnn, gru, lstm")
      }
      known.formUnion(["units", "bidirectional", "sequences"])
      self = .recurrent(
        cell, units: try cursor.required("units").count(upTo: 65_536),
        bidirectional: try cursor.bool("bidirectional", default: false),
        sequences: try cursor.bool("sequences", default: false))
    }
    try cursor.refuseUnknownKeys(except: known)
  }

  /// What the layer's name in the model begins with.
  var stem: String {
    switch self {
    case .convolution: "conv"
    case .activation(let activation): activation.function.rawValue
    case .pool, .globalPool: "pool"
    case .batchNormalization: "norm"
    case .dropout: "dropout"
    case .flatten: "flatten"
    case .reshape: "reshape"
    case .transpose: "transpose"
    case .dense: "dense"
    case .residual: "residual"
    case .polynomial: "polynomial"
    case .recurrent(let cell, _, _, _): cell == .rnn ? "rnn" : cell.rawValue
    }
  }

  /// The layer as JSON, with every default written out.
  var encoded: JSONValue {
    switch self {
    case .convolution(let convolution): convolution.encoded
    case .activation(let activation): activation.encoded
    case .pool(let pooling, let window):
      .object([JSONMember("kind", .string("\(pooling.rawValue)-pool"))] + window.members)
    case .globalPool(let pooling): .object(["kind": .string("global-\(pooling.rawValue)-pool")])
    case .batchNormalization(let epsilon, let momentum):
      .object([
        "kind": "batch-norm", "epsilon": .number(epsilon), "momentum": .number(momentum),
      ])
    case .dropout(let rate): .object(["kind": "dropout", "rate": .number(rate)])
    case .flatten: .object(["kind": "flatten"])
    case .reshape(let shape): .object(["kind": "reshape", "shape": .integers(shape)])
    case .transpose: .object(["kind": "transpose"])
    case .dense(let units, let bias):
      .object(
        [JSONMember("kind", "dense")]
          + (units.map { [JSONMember("units", .integer(Int64($0)))] } ?? [])
          + [JSONMember("bias", .bool(bias))])
    case .residual(let layers, let shortcut):
      .object([
        "kind": "residual", "layers": .array(layers.map(\.encoded)),
        "shortcut": .array(shortcut.map(\.encoded)),
      ])
    case .polynomial(let degree, let interactions):
      .object([
        "kind": "polynomial", "degree": .integer(Int64(degree)),
        "interactions": .bool(interactions),
      ])
    case .recurrent(let cell, let units, let bidirectional, let sequences):
      .object([
        "kind": .string(cell.rawValue), "units": .integer(Int64(units)),
        "bidirectional": .bool(bidirectional), "sequences": .bool(sequences),
      ])
    }
  }
}
