internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Makes a model of the configuration and the weights that Keras saved.
///
/// Each layer becomes a few ONNX operators. Layers with the channels last get transposes around operators
/// that have them first.
struct KerasImporter {
  /// The weights of the model whose layers are being made.
  var weights: any KerasWeights
  let majorVersion: Int
  /// Who wrote the weights.
  let origin: KerasOrigin
  private(set) var nodes: [Node] = []
  private var tensors = TensorTable()
  private var takenNames: Set<String> = []
  /// The layer that is being made, for names and errors.
  private(set) var layer = ""

  private let log: ConversionLog?

  init(weights: any KerasWeights, origin: KerasOrigin, log: ConversionLog? = nil) {
    self.log = log
    self.weights = weights
    self.origin = origin
    majorVersion = origin.majorVersion
  }

  /// The model of a configuration.
  mutating func model(_ config: KerasObject) throws(MRDLError) -> Model {
    let description = try KerasArchitecture(config)
    let unknown = description.allClassNames.subtracting(KerasLayers.known)
      .union(description.operationNames.subtracting(KerasOperations.known)).sorted()
    guard unknown.isEmpty else {
      throw MRDLError(
        .unsupportedKeras, "the model has layers that are not computed",
        found: unknown.joined(separator: ", "))
    }
    var inputs: [KerasValue] = []
    var graph = Graph(name: description.name)
    for input in description.inputs {
      let value = KerasValue(name: newName(input.name), extents: input.extents)
      graph.inputs.append(ValueInfo(value.name, .float32, value.shape))
      inputs.append(value)
    }
    let outputs = try run(description, inputs)
    for value in outputs {
      graph.outputs.append(ValueInfo(value.name, value.scalarType, value.shape))
    }
    graph.nodes = nodes
    return Model(graph: graph, opsets: OperatorSet.currentVersions, tensors: tensors)
  }

  /// Makes the layers of a model or of one that is a layer of another.
  mutating func run(
    _ description: KerasArchitecture, _ inputs: [KerasValue]
  ) throws(MRDLError) -> [KerasValue] {
    var values: [KerasLayer.Reference: KerasValue] = [:]
    for (reference, value) in zip(description.inputReferences, inputs) { values[reference] = value }
    var waiting = description.layers.flatMap { layer in
      layer.calls.enumerated().map { (layer, $0.offset, $0.element) }
    }
    while !waiting.isEmpty {
      var later: [(KerasLayer, Int, [KerasLayer.Reference])] = []
      for (layer, call, references) in waiting {
        let operands = references.compactMap { values[$0] }
        guard operands.count == references.count else {
          later.append((layer, call, references))
          continue
        }
        let outer = self.layer
        self.layer = layer.name
        let results: [KerasValue]
        let nodeCount = nodes.count
        do throws(MRDLError) {
          results =
            layer.isOperation
            ? try KerasOperations.make(layer, call: call, operands, &self)
            : try KerasLayers.make(layer, call: call, operands, &self)
        } catch {
          throw error.at(layer: layer)
        }
        self.layer = outer
        if !KerasArchitecture.classNames.contains(layer.className) {
          log?.add(
            .mapped, "\(layer.name) (\(layer.className))",
            nodes[nodeCount...].map(\.operatorName).joined(separator: ", "))
        }
        for (index, value) in results.enumerated() {
          values[KerasLayer.Reference(layer: layer.name, call: call, output: index)] = value
        }
      }
      guard later.count < waiting.count else {
        throw MRDLError(
          .badKeras, "a layer reads a value that no layer makes", found: later[0].0.name)
      }
      waiting = later
    }
    var outputs: [KerasValue] = []
    for reference in description.outputReferences {
      guard var value = values[reference] else {
        throw MRDLError(
          .badKeras, "an output of the model is not made", found: reference.layer)
      }
      rename(&value, to: reference.layer)
      outputs.append(value)
    }
    return outputs
  }

  /// Gives an output of the model the name of its layer, where that is free.
  private mutating func rename(_ value: inout KerasValue, to name: String) {
    guard takenNames.insert(name).inserted else { return }
    guard let producer = nodes.lastIndex(where: { $0.outputs.contains(value.name) }) else {
      takenNames.remove(name)
      return
    }
    nodes[producer].outputs = nodes[producer].outputs.map { $0 == value.name ? name : $0 }
    for index in nodes.indices {
      nodes[index].inputs = nodes[index].inputs.map { $0 == value.name ? name : $0 }
    }
    value.name = name
  }

  // MARK: Building

  /// The nodes that a closure makes, for a graph inside a node.
  mutating func nodes(
    making body: (inout KerasImporter) throws(MRDLError) -> Void
  ) throws(MRDLError) -> [Node] {
    let outer = nodes
    nodes = []
    try body(&self)
    let inner = nodes
    nodes = outer
    return inner
  }

  /// Truth values of a value that says which steps count.
  mutating func mask(_ value: KerasValue) -> KerasValue.Mask {
    let name =
      value.scalarType == .bool
      ? value.name
      : emit("Cast", [value.name], attributes: ["to": .integer(9)], outputCount: 1)[0]
    return KerasValue.Mask(name: name, rank: value.rank)
  }

  private mutating func newName(_ name: String) -> String { takenNames.insertNew(name) }

  /// Adds a tensor to the table and gives its name.
  mutating func add(_ tensor: Tensor, _ name: String) -> String {
    let name = newName("\(layer)/\(name)")
    tensors[name] = ModelTensor(name, tensor)
    return name
  }

  /// Adds a node and gives the names of its outputs.
  mutating func emit(
    _ op: String, _ inputs: [String], attributes: [String: AttributeValue] = [:],
    outputCount: Int = 1
  ) -> [String] {
    let outputs = (0..<outputCount).map { _ in newName("\(layer)/\(op)") }
    nodes.append(Node(op, inputs: inputs, outputs: outputs, attributes: attributes))
    return outputs
  }

  /// Adds a node with one output and gives the value.
  mutating func emit(
    _ op: String, _ inputs: [String], attributes: [String: AttributeValue] = [:],
    extents: [Int?], scalarType: ScalarType = .float32
  ) -> KerasValue {
    KerasValue(
      name: emit(op, inputs, attributes: attributes, outputCount: 1)[0], extents: extents,
      scalarType: scalarType)
  }

  /// Adds a number and gives its name.
  mutating func number(_ value: Double, _ name: String = "number") -> String {
    add(Tensor(scalar: Float(value)), name)
  }

  /// Adds whole numbers and gives their name.
  mutating func integers(_ values: [Int], _ name: String = "axes") -> String {
    add(Tensor(values.map { Int64($0) }), name)
  }

  /// A name for a value inside a graph of a node.
  mutating func newInnerName(_ name: String) -> String { newName("\(layer)/\(name)") }

  /// Equal parts along an axis.
  mutating func split(_ value: KerasValue, into count: Int, axis: Int) -> [KerasValue] {
    var extents = value.extents
    extents[axis] = extents[axis].map { $0 / count }
    return emit(
      "Split", [value.name],
      attributes: ["axis": .integer(Int64(axis)), "num_outputs": .integer(Int64(count))],
      outputCount: count
    ).map { KerasValue(name: $0, extents: extents) }
  }

  mutating func transpose(_ value: KerasValue, _ permutation: [Int]) -> KerasValue {
    if permutation == Array(0..<value.rank) { return value }
    return emit(
      "Transpose", [value.name],
      attributes: ["perm": .integers(permutation.map { Int64($0) })],
      extents: permutation.map { value.extents[$0] })
  }

  /// With the channels, which are last, behind the batch.
  mutating func channelsFirst(_ value: KerasValue) -> KerasValue {
    transpose(value, [0, value.rank - 1] + (1..<max(value.rank - 1, 1)))
  }

  /// With the channels, which are behind the batch, last.
  mutating func channelsLast(_ value: KerasValue) -> KerasValue {
    transpose(value, [0] + (2..<max(value.rank, 2)) + [1])
  }

  mutating func reshape(_ value: KerasValue, _ extents: [Int?]) -> KerasValue {
    // 0 keeps the batch; one other extent may be left to find.
    let shape = extents.enumerated().map { axis, extent in
      extent.map { Int64($0) } ?? (axis == 0 ? 0 : -1)
    }
    return emit(
      "Reshape", [value.name, add(Tensor(shape), "shape")], extents: extents)
  }

  /// A weight with other axes.
  ///
  /// - Throws: `badKeras` where the elements do not fill the shape.
  func reshaped(_ tensor: Tensor, _ dimensions: [Int]) throws(MRDLError) -> Tensor {
    let count = dimensions.reduce(Int?(1)) { count, extent in
      extent < 0 ? nil : count?.multipliedChecked(by: extent)
    }
    guard count == tensor.elementCount else {
      throw MRDLError(
        .badKeras, "the weights of a layer do not fit", found: "\(tensor.shape)",
        expected: "the elements of \(dimensions)", at: Place(layer))
    }
    return tensor.reshaped(Shape(dimensions))
  }

  /// The transpose of a weight.
  func permuted(_ tensor: Tensor, _ permutation: [Int]) throws(MRDLError) -> Tensor {
    let node = Node(
      "Transpose", inputs: ["x"], outputs: ["y"],
      attributes: ["perm": .integers(permutation.map { Int64($0) })])
    let op = try OperatorSet.standard.makeOperator(node, place: Place(layer))
    guard let result = try evaluate(op, inputs: [tensor], place: Place(layer))[0] else {
      return tensor
    }
    return result
  }

  /// Weights one behind the other.
  func concatenated(_ parts: [Tensor], axis: Int) throws(MRDLError) -> Tensor {
    let node = Node(
      "Concat", inputs: parts.indices.map { "x\($0)" }, outputs: ["y"],
      attributes: ["axis": .integer(Int64(axis))])
    let op = try OperatorSet.standard.makeOperator(node, place: Place(layer))
    guard let result = try evaluate(op, inputs: parts, place: Place(layer))[0] else {
      throw MRDLError(.badKeras, "the weights of a layer do not fit each other")
    }
    return result
  }

  /// The weights of a layer, which must be as many as given.
  func weights(
    _ layer: KerasLayer, count: ClosedRange<Int>, part: [String] = [],
    share: WeightShare? = nil
  ) throws(MRDLError) -> [Tensor] {
    let stored = try weights.tensors(
      layer: layer.name, object: layer.object, part: layer.partPrefix + part, share: share
    ).map { (tensor) throws(MRDLError) in try float(tensor) }
    var tensors = try origin.weights(stored, of: layer, self)
    // Files that list all weights have the vector of the normalisation behind those of the layer.
    if layer.wrapper == "SpectralNormalization", tensors.count > count.upperBound {
      tensors.removeLast()
    }
    guard count.contains(tensors.count) else {
      throw MRDLError(
        .badKeras, "a layer has another number of weights", found: "\(tensors.count)",
        expected: count.count == 1
          ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)")
    }
    return tensors
  }

  /// A weight as float32.
  private func float(_ tensor: Tensor) throws(MRDLError) -> Tensor {
    if tensor.scalarType == .float32 { return tensor }
    let node = Node(
      "Cast", inputs: ["x"], outputs: ["y"], attributes: ["to": .integer(1)])
    let op = try OperatorSet.standard.makeOperator(node, place: Place(layer))
    return try evaluate(op, inputs: [tensor], place: Place(layer))[0] ?? tensor
  }

  /// The same number for each channel.
  func filled(_ value: Float, extents: [Int]) throws(MRDLError) -> Tensor {
    guard let count = Shape(checking: extents)?.elementCount, count <= Self.largestFilled else {
      throw unsupported("numbers for \(extents) channels")
    }
    return Tensor([Float](repeating: value, count: count), shape: Shape(extents))
  }

  private static let largestFilled = 1 << 24

  /// An error about something that a layer asks for.
  func unsupported(_ what: String) -> MRDLError {
    MRDLError(.unsupportedKeras, "a layer asks for something that is not computed", found: what)
  }
}

extension MRDLError {
  fileprivate func at(layer: KerasLayer) -> MRDLError {
    var finding = finding
    if finding.place == .unknown { finding.place = Place("\(layer.name) (\(layer.className))") }
    return MRDLError(finding)
  }
}
