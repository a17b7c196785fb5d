package import MRDLCore

extension Recipe {
  /// The names of the built-in recipes, in order.
  package static var builtInNames: [String] { builtIn.map { $0.name } }

  /// The JSON of a recipe: a built-in one by its name, or a file.
  ///
  /// - Throws: `MRDL5005` where there is neither.
  package static func source(_ name: String) throws(MRDLError) -> JSONValue {
    if let text = builtIn.first(where: { $0.name == name })?.text {
      return try JSONParser.parse(text, place: Place(file: name))
    }
    guard FileSystem.kind(of: name) == .file else {
      throw MRDLError(
        .unknownRecipe, "no recipe has that name, and there is no such file", found: name,
        expected: "a file, or one of " + builtInNames.joined(separator: ", "))
    }
    let text = try FileContent.readText(name)
    do {
      return try JSONParser.parse(text)
    } catch {
      throw error.inFile(name)
    }
  }

  private static let builtIn: [(name: String, text: String)] = [
    ("lenet", lenet), ("lenet-relu", lenetRelu),
  ]

  /// The network of the source text: 28×28 → 6 maps → 12 maps → 10 classes, with sigmoid, mean pooling and the
  /// quadratic loss (3-8).
  private static let lenet = """
    {
      "name": "lenet",
      "description": "The tutorial's convolutional network: sigmoid, mean pooling, quadratic loss",
      "layers": [
        {"kind": "conv", "filters": 6, "kernel": 5},
        {"kind": "activation", "function": "sigmoid"},
        {"kind": "average-pool", "size": 2},
        {"kind": "conv", "filters": 12, "kernel": 5},
        {"kind": "activation", "function": "sigmoid"},
        {"kind": "average-pool", "size": 2},
        {"kind": "flatten"},
        {"kind": "dense", "units": 10},
        {"kind": "activation", "function": "sigmoid"}
      ],
      "initializer": "glorot",
      "loss": "quadratic",
      "optimizer": {"kind": "sgd", "rate": 0.3, "momentum": 0.9},
      "schedule": {"kind": "cosine", "floor": 0.0},
      "epochs": 20,
      "batch": 16,
      "seed": 1,
      "validation": 0.05
    }
    """

  /// The same network with rectifiers, max pooling, softmax and cross-entropy.
  private static let lenetRelu = """
    {
      "name": "lenet-relu",
      "description": "The tutorial's network with ReLU, max pooling, softmax and cross-entropy",
      "layers": [
        {"kind": "conv", "filters": 6, "kernel": 5},
        {"kind": "activation", "function": "relu"},
        {"kind": "max-pool", "size": 2},
        {"kind": "conv", "filters": 12, "kernel": 5},
        {"kind": "activation", "function": "relu"},
        {"kind": "max-pool", "size": 2},
        {"kind": "flatten"},
        {"kind": "dense", "units": 10},
        {"kind": "activation", "function": "softmax"}
      ],
      "initializer": "he",
      "loss": "cross-entropy",
      "optimizer": {"kind": "sgd", "rate": 0.02, "momentum": 0.9, "weight_decay": 0.0001},
      "schedule": {"kind": "cosine", "floor": 0.0},
      "epochs": 20,
      "batch": 32,
      "seed": 1,
      "validation": 0.05
    }
    """
}
