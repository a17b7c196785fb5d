internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators
internal import MRDLTraining

/// Appends layers one by one to a graph.
struct LayerBuilder {
  let seed: UInt64
  let initializer: Initializer
  private let inputs: [ValueInfo]
  /// What the nodes are added to: nothing, or a model that is gone on from.
  private let base: Model
  let outputName: String
  let scalarType: ScalarType
  /// The numbers that the last layer must give.
  let outputCount: Int
  private(set) var current: String
  /// The input of the last layer.
  private(set) var beforeLast: String
  /// Which axis of the present value, for one sample, holds steps of which the last may be padding; nil
  /// where none does.
  private(set) var paddedAxis: Int?
  /// The names of what is learned, in order.
  private(set) var parameters: [String] = []
  private var tensors: [ModelTensor] = []
  private var nodes: [Node] = []
  /// What is known of each value, for a batch of one sample.
  private var facts: [String: ValueFacts]

  init(
    seed: UInt64, initializer: Initializer, form: SampleForm, scalarType: ScalarType,
    outputCount: Int
  ) {
    self.seed = seed
    self.initializer = initializer
    self.scalarType = scalarType
    self.outputCount = outputCount
    base = Model(graph: Graph(), opsets: OperatorSet.currentVersions)
    outputName = "y"
    current = "x"
    beforeLast = "x"
    facts = ["x": ValueFacts(scalarType, Shape([1] + form.shape.dimensions))]
    var inputs = [
      ValueInfo("x", scalarType, SymbolicShape(["N"] + form.shape.dimensions.map { .fixed($0) }))
    ]
    if form.hasLengths {
      inputs.append(ValueInfo(Self.lengths, .int32, ["N"]))
      facts[Self.lengths] = ValueFacts(.int32, Shape([1]))
      paddedAxis = form.hasStepsFirst ? 0 : form.shape.rank - 1
    }
    self.inputs = inputs
  }

  /// Goes on from a value of a model.
  ///
  /// - Parameters:
  ///   - facts: what is known of its values for a batch of one sample.
  ///   - outputName: the name of the output, which no value of the model has.
  init(
    seed: UInt64, initializer: Initializer, base: Model, facts: [String: ValueFacts],
    from value: String, outputName: String, outputCount: Int
  ) {
    self.seed = seed
    self.initializer = initializer
    scalarType = .float32
    self.outputCount = outputCount
    self.base = base
    self.outputName = outputName
    self.facts = facts
    current = value
    beforeLast = value
    inputs = base.graph.inputs
  }

  /// The input that tells the lengths of series.
  private static let lengths = "lengths"

  /// The shape of the present value for one sample.
  var shape: Shape {
    Shape(Array((facts[current]?.concreteShape ?? .scalar).dimensions.dropFirst()))
  }

  /// The whole, its last value named like the output.
  func model(_ recipe: Recipe) throws(MRDLError) -> Model {
    var nodes = nodes
    if nodes.isEmpty {
      nodes.append(Node("Identity", name: "identity", inputs: [current], outputs: [outputName]))
    }
    // The last value is no other node's input.
    nodes[nodes.count - 1].outputs = [outputName]
    var model = base
    model.graph.name = recipe.name
    model.graph.inputs = inputs
    model.graph.outputs = [
      ValueInfo(
        outputName, scalarType, SymbolicShape(["N"] + shape.dimensions.map { .fixed($0) }))
    ]
    model.graph.nodes += nodes
    model.tensors = try TensorTable(Array(base.tensors) + tensors)
    model.card.name = recipe.name
    model.card.description = recipe.description
    return model
  }

  // MARK: Layers

  /// - Parameter place: the JSON pointer of the list.
  mutating func append(
    _ layers: [LayerRecipe], place: String, prefix: String = ""
  ) throws(MRDLError) {
    for (index, layer) in layers.enumerated() {
      do {
        let before = current
        try append(
          layer, name: "\(prefix)\(layer.stem)\(index + 1)", place: "\(place)/\(index)")
        beforeLast = before
      } catch {
        if error.place.path?.hasPrefix("\(place)/\(index)/") == true { throw error }
        throw MRDLError(
          .badRecipe, "a layer does not fit the one before it", at: Place("\(place)/\(index)"),
          cause: error)
      }
    }
  }

  private mutating func append(
    _ layer: LayerRecipe, name: String, place: String
  ) throws(MRDLError) {
    try checkPadding(layer)
    switch layer {
    case .convolution(let convolution): try append(convolution, name: name)
    case .activation(let activation):
      try append(activation.function.operatorName, name, attributes: activation.attributes)
    case .pool(let pooling, let window):
      let axes = try imageAxes()
      try append(
        pooling == .max ? "MaxPool" : "AveragePool", name,
        attributes: try attributes(window, axes: axes))
    case .globalPool(let pooling):
      _ = try imageAxes()
      try append(pooling == .max ? "GlobalMaxPool" : "GlobalAveragePool", name + ".mean")
      try append("Flatten", name, attributes: ["axis": .integer(1)])
    case .batchNormalization(let epsilon, let momentum):
      let channels = shape.rank == 0 ? 1 : shape[0]
      func ones() -> Tensor { tensor([Double](repeating: 1, count: channels)) }
      let zeros = Tensor(zeros: Shape([channels]), scalarType: scalarType)
      try append(
        "BatchNormalization", name,
        inputs: [
          parameter("\(name).scale", ones(), axes: "C"),
          parameter("\(name).bias", zeros, axes: "C"),
          constant("\(name).mean", zeros), constant("\(name).variance", ones()),
        ],
        attributes: ["epsilon": .float(epsilon), "momentum": .float(momentum)])
    case .dropout(let rate):
      try append(
        "Dropout", name, inputs: [constant("\(name).ratio", Tensor(scalar: Float(rate)))])
    case .flatten: try append("Flatten", name, attributes: ["axis": .integer(1)])
    case .reshape(let shape): try reshape(to: shape, name: name)
    case .transpose:
      guard shape.rank == 2 else { throw wrongRank("two axes to exchange") }
      try append("Transpose", name, attributes: ["perm": .integers([0, 2, 1])])
      paddedAxis = paddedAxis.map { 1 - $0 }
    case .dense(let units, let bias): try appendDense(units ?? outputCount, bias: bias, name: name)
    case .residual(let layers, let shortcut):
      let start = current
      let axis = paddedAxis
      try append(layers, place: "\(place)/layers", prefix: "\(name).")
      let main = current
      current = start
      paddedAxis = axis
      try append(shortcut, place: "\(place)/shortcut", prefix: "\(name).shortcut.")
      guard facts[main]?.concreteShape == facts[current]?.concreteShape else {
        throw MRDLError(
          .badRecipe, "a residual block adds values of different shapes",
          found: "\(facts[main]?.concreteShape ?? .scalar)",
          expected: "\(facts[current]?.concreteShape ?? .scalar)")
      }
      let other = current
      current = main
      try append("Add", name, inputs: [other])
    case .polynomial(let degree, let interactions):
      try appendPolynomial(degree, interactions: interactions, name: name)
    case .recurrent(let cell, let units, let bidirectional, let sequences):
      try append(
        cell, units: units, bidirectional: bidirectional, sequences: sequences, name: name,
        lengths: paddedAxis == nil ? nil : Self.lengths)
      if !sequences { paddedAxis = nil }
    }
  }

  /// Refuses a layer that would mix the padding of short series into their values.
  private func checkPadding(_ layer: LayerRecipe) throws(MRDLError) {
    guard let paddedAxis else { return }
    let isLast = paddedAxis == shape.rank - 1
    let keepsSteps =
      switch layer {
      case .activation(let activation): activation.function != .softmax || !isLast
      case .dropout, .transpose, .residual: true
      case .recurrent, .dense: !isLast
      default: false
      }
    guard keepsSteps else {
      throw MRDLError(
        .badRecipe, "a layer would mix the padding of short series into their values",
        found: "series of different lengths, \(shape)",
        expected:
          "transpose, dropout, activation, dense or recurrent layers, or series of one length")
    }
  }

  func wrongRank(_ expected: String) -> MRDLError {
    MRDLError(.badRecipe, "a layer takes other samples", found: "\(shape)", expected: expected)
  }

  /// How many axes a window moves over: those after the channels.
  func imageAxes() throws(MRDLError) -> Int {
    guard (2...3).contains(shape.rank) else {
      throw wrongRank("[channels, length] or [channels, height, width]")
    }
    return shape.rank - 1
  }

  mutating func reshape(to shape: [Int], name: String) throws(MRDLError) {
    try append(
      "Reshape", name,
      inputs: [constant("\(name).shape", Tensor([-1] + shape.map { Int64($0) }))])
  }

  private mutating func appendDense(_ units: Int, bias: Bool, name: String) throws(MRDLError) {
    guard (1...2).contains(shape.rank) else {
      throw wrongRank("[features] or [steps, features]: put a flatten before it")
    }
    let inputs = shape[shape.rank - 1]
    let weight = weight(
      "\(name).weight", Shape([inputs, units]), axes: "IO", fanIn: inputs, fanOut: units)
    let biases = bias ? [zeros("\(name).bias", Shape([units]), axes: "O")] : []
    if shape.rank == 1 {
      try append("Gemm", name, inputs: [weight] + biases)
    } else {
      // The same weights at every step.
      try append("MatMul", biases.isEmpty ? name : "\(name).product", inputs: [weight])
      if !biases.isEmpty { try append("Add", name, inputs: biases) }
    }
  }

  // MARK: Ends

  /// Brings every channel, the first axis of a sample, to mean 0 and deviation 1, or all numbers alike where there is
  /// one of both.
  mutating func appendChannelScaling(_ scaling: Standardization) throws(MRDLError) {
    let others = [Int](repeating: 1, count: max(0, shape.rank - 1))
    let shape = Shape([scaling.mean.count] + others)
    try append(
      "Sub", "centred",
      inputs: [constant("input.mean", tensor(scaling.mean).reshaped(shape))])
    try append(
      "Div", "standardised",
      inputs: [constant("input.deviation", tensor(scaling.deviation).reshaped(shape))])
  }

  /// [p] becomes [1 − p, p] along the last axis, a number for each of two classes.
  mutating func appendComplement() throws(MRDLError) {
    let positive = current
    try append("Neg", "complement.negative")
    try append("Add", "complement", inputs: [constant("complement.one", tensor([1]))])
    try append(
      "Concat", "classes", inputs: [positive],
      attributes: ["axis": .integer(Int64(shape.rank))])
  }

  /// Brings quantities back to their own scale.
  mutating func append(_ scaling: Standardization) throws(MRDLError) {
    try append(
      "Mul", "scaled", inputs: [constant("target.deviation", tensor(scaling.deviation))])
    try append("Add", "shifted", inputs: [constant("target.mean", tensor(scaling.mean))])
  }

  // MARK: Parts

  /// Appends a node that takes the present value first, and makes its first output the present one.
  mutating func append(
    _ operatorName: String, _ name: String, inputs: [String] = [], outputs: [String]? = nil,
    attributes: [String: AttributeValue] = [:]
  ) throws(MRDLError) {
    let node = Node(
      operatorName, name: name, inputs: [current] + inputs, outputs: outputs ?? [name],
      attributes: attributes)
    let place = Place(name)
    let op = try OperatorSet.standard.makeOperator(node, place: place)
    let results = try op.infer(
      Operands(
        node.inputs.map { $0.isEmpty ? nil : facts[$0] }, outputCount: node.outputs.count,
        place: place))
    for (output, result) in zip(node.outputs, results) where !output.isEmpty {
      guard result.concreteShape != nil else {
        throw MRDLError(.badRecipe, "the shape of a layer is not known", at: place)
      }
      facts[output] = result
    }
    nodes.append(node)
    current = node.outputs.first { !$0.isEmpty } ?? name
  }

  /// Makes another value the present one.
  mutating func goBack(to value: String) { current = value }

  func tensor(_ numbers: [Double]) -> Tensor {
    scalarType == .float64 ? Tensor(numbers) : Tensor(numbers.map { Float($0) })
  }

  /// Adds a tensor that is not learned.
  mutating func constant(_ name: String, _ tensor: Tensor) -> String {
    tensors.append(ModelTensor(name, tensor))
    facts[name] = ValueFacts(constant: tensor)
    return name
  }

  mutating func parameter(_ name: String, _ tensor: Tensor, axes: String?) -> String {
    tensors.append(ModelTensor(name, tensor, axes: axes))
    parameters.append(name)
    facts[name] = ValueFacts(tensor.scalarType, tensor.shape)
    return name
  }

  /// Adds a parameter with random first values.
  mutating func weight(
    _ name: String, _ shape: Shape, axes: String?, fanIn: Int, fanOut: Int
  ) -> String {
    guard scalarType == .float32 else { return zeros(name, shape, axes: axes) }
    var numbers = RandomNumbers(
      seed: seed, stream: RandomStream.parameter(parameters.count).number)
    return parameter(
      name,
      initializer.tensor(shape, fanIn: fanIn, fanOut: fanOut, numbers: &numbers), axes: axes)
  }

  mutating func zeros(_ name: String, _ shape: Shape, axes: String?) -> String {
    parameter(name, Tensor(zeros: shape, scalarType: scalarType), axes: axes)
  }
}
