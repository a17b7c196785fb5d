package import MRDLCore
package import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators
internal import MRDLTraining

/// The model that a list of layers describes, with the first values of its parameters.
package struct Architecture: Sendable {
  package let model: Model
  /// The value that the loss compares with the targets: before a softmax, its logits.
  package let predictions: String
  package let parameterNames: [String]

  /// - Parameters:
  ///   - input: the shape of one sample, [C, H, W].
  ///   - classCount: how many classes the data have.
  /// - Throws: `MRDL5002` where layers, data and loss do not fit each other.
  package init(
    _ recipe: Recipe, input: Shape, classCount: Int
  ) throws(MRDLError) {
    var builder = LayerBuilder(recipe: recipe, input: input)
    for (index, layer) in recipe.layers.enumerated() {
      do {
        try builder.append(layer, index: index, isLast: index == recipe.layers.count - 1)
      } catch {
        throw MRDLError(
          .badRecipe, "a layer does not fit the one before it", at: Place("/layers/\(index)"),
          cause: error)
      }
    }
    guard builder.shape.rank == 1, builder.shape[0] == classCount else {
      throw MRDLError(
        .badRecipe, "the last layer does not give one number for each class",
        found: "\(builder.shape)", expected: "[\(classCount)]", at: Place("/layers"))
    }
    let endsInSoftmax = recipe.layers.last == .activation(.softmax)
    guard recipe.loss == (endsInSoftmax ? .crossEntropy : .quadratic) else {
      throw MRDLError(
        .badRecipe, "the loss does not fit the last activation", found: recipe.loss.rawValue,
        expected: "cross-entropy after softmax, quadratic otherwise", at: Place("/loss"))
    }
    model = try builder.model()
    predictions = endsInSoftmax ? builder.beforeLast : builder.current
    parameterNames = builder.parameters.map(\.info.name)
  }
}

/// Appends layers one by one.
private struct LayerBuilder {
  let recipe: Recipe
  let input: Shape
  private(set) var shape: Shape
  private(set) var current = "x"
  private(set) var beforeLast = "x"
  private(set) var parameters: [ModelTensor] = []
  private var nodes: [Node] = []

  init(recipe: Recipe, input: Shape) {
    self.recipe = recipe
    self.input = input
    shape = input
  }

  func model() throws(MRDLError) -> Model {
    var model = Model(
      graph: Graph(
        name: recipe.name,
        inputs: [
          ValueInfo("x", .float32, SymbolicShape(["N"] + input.dimensions.map { .fixed($0) }))
        ],
        outputs: [
          ValueInfo(
            current, .float32, SymbolicShape(["N"] + shape.dimensions.map { .fixed($0) }))
        ], nodes: nodes),
      opsets: OperatorSet.currentVersions, tensors: try TensorTable(parameters))
    model.card.name = recipe.name
    model.card.description = recipe.description
    return model
  }

  mutating func append(_ layer: LayerRecipe, index: Int, isLast: Bool) throws(MRDLError) {
    let name = "\(Self.kind(layer))\(index + 1)"
    var node = Node("", name: name, inputs: [current], outputs: [isLast ? "y" : name])
    switch layer {
    case .convolution(let filters, let kernel, let stride, let padding):
      let channels = shape.rank == 3 ? shape[0] : 0
      node.operatorName = "Conv"
      node.attributes = [
        "kernel_shape": .integers([Int64(kernel), Int64(kernel)]),
        "strides": .integers([Int64(stride), Int64(stride)]),
      ]
      if padding == .same { node.attributes["auto_pad"] = .string("SAME_UPPER") }
      node.inputs += [
        parameter(
          "\(name).weight", Shape([filters, channels, kernel, kernel]), axes: "OIHW",
          fanIn: channels * kernel * kernel, fanOut: filters * kernel * kernel),
        parameter("\(name).bias", Shape([filters]), axes: "O", fanIn: 0, fanOut: 0),
      ]
    case .activation(let function):
      switch function {
      case .sigmoid: node.operatorName = "Sigmoid"
      case .tanh: node.operatorName = "Tanh"
      case .relu: node.operatorName = "Relu"
      case .leakyRelu: node.operatorName = "LeakyRelu"
      case .softmax:
        node.operatorName = "Softmax"
        node.attributes["axis"] = .integer(-1)
      }
    case .averagePool(let size, let stride), .maxPool(let size, let stride):
      if case .maxPool = layer {
        node.operatorName = "MaxPool"
      } else {
        node.operatorName = "AveragePool"
      }
      node.attributes = [
        "kernel_shape": .integers([Int64(size), Int64(size)]),
        "strides": .integers([Int64(stride), Int64(stride)]),
      ]
    case .flatten:
      node.operatorName = "Flatten"
      node.attributes["axis"] = .integer(1)
    case .dense(let units):
      let inputs = shape.rank == 1 ? shape[0] : 0
      node.operatorName = "Gemm"
      node.inputs += [
        parameter(
          "\(name).weight", Shape([inputs, units]), axes: "IO", fanIn: inputs, fanOut: units),
        parameter("\(name).bias", Shape([units]), axes: "O", fanIn: 0, fanOut: 0),
      ]
    }
    shape = try outputShape(node)
    nodes.append(node)
    beforeLast = current
    current = node.outputs[0]
  }

  private static func kind(_ layer: LayerRecipe) -> String {
    switch layer {
    case .convolution: "conv"
    case .activation(let function): function.rawValue
    case .averagePool, .maxPool: "pool"
    case .flatten: "flatten"
    case .dense: "dense"
    }
  }

  /// The shape of what a node gives for one sample.
  private func outputShape(_ node: Node) throws(MRDLError) -> Shape {
    let place = Place(node.name)
    let op = try OperatorSet.standard.makeOperator(node, place: place)
    var facts: [ValueFacts?] = [ValueFacts(.float32, Shape([1] + shape.dimensions))]
    for name in node.inputs.dropFirst() {
      facts.append(
        parameters.first { $0.info.name == name }.map { ValueFacts(.float32, $0.info.shape) })
    }
    let output = try op.infer(Operands(facts, outputCount: 1, place: place))[0]
    guard let result = output.concreteShape else {
      throw MRDLError(.badRecipe, "the shape of a layer is not known", at: place)
    }
    return Shape(Array(result.dimensions.dropFirst()))
  }

  /// Adds a parameter with its first values; one without a fan-in begins with zeros.
  private mutating func parameter(
    _ name: String, _ shape: Shape, axes: String, fanIn: Int, fanOut: Int
  ) -> String {
    var numbers = RandomNumbers(
      seed: recipe.seed, stream: RandomStream.parameter(parameters.count).number)
    let initializer = fanIn == 0 ? .zeros : recipe.initializer
    let tensor = initializer.tensor(shape, fanIn: fanIn, fanOut: fanOut, numbers: &numbers)
    parameters.append(ModelTensor(name, tensor, axes: axes))
    return name
  }
}
