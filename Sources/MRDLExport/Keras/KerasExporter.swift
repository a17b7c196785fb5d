internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Makes the layers of a Keras model.
///
/// Keras has the channels last where ONNX has them behind the batch: each value is kept in every order of
/// axes that a layer has made, so that transposes cancel and the rest become Permute layers.
struct KerasExporter {
  let model: Model
  /// Whether operations may stand between layers, as `.keras` archives have them and HDF5 files have not.
  let permitsOperations: Bool
  private(set) var layers: [KerasLayerRecord] = []
  private(set) var facts: [String: ValueFacts] = [:]
  private var forms: [String: KerasForms] = [:]
  /// Values whose tensor lacks an axis of one element, and which.
  private var squeezed: [String: (axis: Int, forms: KerasForms)] = [:]
  private var takenNames: Set<String> = []
  /// Names that layers of outputs are to have.
  private var reservedNames: Set<String> = []
  private(set) var outputs: [KerasTensor] = []
  private(set) var inputs: [KerasTensor] = []
  /// How many nodes read each value.
  private(set) var readerCounts: [String: Int] = [:]

  init(_ model: Model, permitsOperations: Bool) {
    self.model = model
    self.permitsOperations = permitsOperations
  }

  /// Makes every layer.
  ///
  /// - Throws: `MRDL6012` with all operators that Keras lacks, or for what a node asks for.
  mutating func run() throws(MRDLError) {
    let lacking = Set(
      model.graph.nodes.map(\.qualifiedOperatorName).filter { KerasMaking.table[$0] == nil })
    guard lacking.isEmpty else {
      throw MRDLError(
        .notExportable, "the model has operators that are not written as layers",
        found: lacking.sorted().joined(separator: ", "))
    }
    if let other = (model.graph.inputs + model.graph.outputs).first(where: { $0.kind != .tensor }) {
      throw MRDLError(
        .notExportable, "inputs and outputs of Keras are tensors", found: "\(other)",
        expected: "a tensor")
    }
    let diagnostics = Diagnostics()
    facts = ShapeInference(model, diagnostics: diagnostics).facts
    try diagnostics.throwFirstError()
    for node in model.graph.nodes {
      for name in node.inputs { readerCounts[name, default: 0] += 1 }
    }
    for output in model.graph.outputs { readerCounts[output.name, default: 0] += 1 }
    for input in model.graph.inputs {
      guard let extents = extents(of: input.name), !extents.isEmpty else {
        throw MRDLError(
          .notExportable, "an input of Keras has a batch and a known number of axes",
          found: "\(input)")
      }
      let tensor = KerasTensor(
        layer: newName(input.name), output: 0, extents: extents, scalarType: input.scalarType)
      layers.append(
        KerasLayerRecord(
          module: "keras.layers", className: "InputLayer", name: tensor.layer,
          config: [
            JSONMember(
              "batch_shape", .array(extents.map { $0.map { .integer(Int64($0)) } ?? .null })),
            JSONMember("dtype", .string(KerasTensor.name(of: input.scalarType))),
            JSONMember("name", .string(tensor.layer)),
          ]))
      inputs.append(tensor)
      forms[input.name] = KerasForms(tensor)
    }
    reservedNames = Set(model.graph.outputs.map { Self.safeName($0.name) })
      .subtracting(takenNames)
    for node in model.graph.nodes {
      do throws(MRDLError) {
        try KerasMaking.table[node.qualifiedOperatorName]?(node, &self)
      } catch {
        var error = error
        if error.place == .unknown { error.finding.place = Place(node.displayName) }
        throw error
      }
    }
    try nameOutputs()
  }

  /// Gives the layers of outputs the names of those, for whoever reads the model again; a layer that
  /// cannot take a name is followed by one that does nothing else.
  private mutating func nameOutputs() throws(MRDLError) {
    var renamed: [String: String] = [:]
    for output in model.graph.outputs {
      let tensor = try plain(output.name)
      let wanted = Self.safeName(output.name)
      let isFree = reservedNames.remove(wanted) != nil
      let isSole =
        !inputs.contains { $0.layer == tensor.layer } && renamed[tensor.layer] == nil
        && !outputs.contains { $0.layer == tensor.layer }
      if isFree && isSole {
        takenNames.insert(wanted)
        renamed[tensor.layer] = wanted
        outputs.append(tensor)
      } else {
        outputs.append(emit("Identity", wanted, [:], [tensor], extents: tensor.extents))
      }
    }
    guard !renamed.isEmpty else { return }
    layers = layers.map { $0.renamed(renamed) }
    outputs = outputs.map { $0.renamed(renamed) }
  }

  // MARK: Names

  /// Keras permits no slash in the name of a layer.
  private static func safeName(_ name: String) -> String {
    let safe = String(name.map { $0 == "/" || $0 == ":" ? "_" : $0 })
    return safe.isEmpty ? "layer" : safe
  }

  private mutating func newName(_ name: String) -> String {
    let base = Self.safeName(name)
    var candidate = base
    var number = 1
    while reservedNames.contains(candidate) || !takenNames.insert(candidate).inserted {
      number += 1
      candidate = "\(base)_\(number)"
    }
    return candidate
  }

  // MARK: Values

  /// The extents of a value in the order of the graph, or nil where not even their number is known.
  func extents(of name: String) -> [Int?]? { facts[name]?.shape?.dimensions.map(\.value) }

  /// The extents of a value, which must be known in number.
  func knownExtents(of name: String) throws(MRDLError) -> [Int?] {
    guard let extents = extents(of: name) else {
      throw refusal("a value whose number of axes is not known")
    }
    return extents
  }

  /// A constant of the model, or nil for a value that is computed.
  func constant(_ name: String) throws(MRDLError) -> Tensor? {
    guard !name.isEmpty, forms[name] == nil, squeezed[name] == nil else { return nil }
    return try model.tensors[name]?.load()
  }

  /// The input of a node that is a constant, or nil where it is left out.
  func constantInput(_ index: Int, of node: Node) throws(MRDLError) -> Tensor? {
    guard index < node.inputs.count, !node.inputs[index].isEmpty else { return nil }
    guard let tensor = try constant(node.inputs[index]) else {
      throw refusal("input \(index) of \(node.operatorName) that is computed")
    }
    return tensor
  }

  /// The whole numbers of an input that is a constant.
  func integersInput(_ index: Int, of node: Node) throws(MRDLError) -> [Int]? {
    guard let tensor = try constantInput(index, of: node) else { return nil }
    return try tensor.cast(to: .int64).elements(as: Int64.self).map { Int(clamping: $0) }
  }

  /// The numbers of a constant.
  func floats(_ tensor: Tensor) throws(MRDLError) -> [Float] {
    try tensor.cast(to: .float32).elements(as: Float.self)
  }

  /// A value in an order of axes; made where it is not there yet.
  mutating func value(_ name: String, _ permutation: [Int]) throws(MRDLError) -> KerasTensor {
    try materialize(name)
    guard let present = forms[name] else {
      throw refusal("a constant where a layer needs a value that is computed")
    }
    if let tensor = present[permutation] { return tensor }
    guard let (form, tensor) = present.tensors.min(by: { $0.key.lexicographicallyPrecedes($1.key) })
    else { throw refusal("a value without a layer") }
    let step = permutation.map { axis in form.firstIndex(of: axis) ?? 0 }
    let made = try transpose(tensor, step)
    forms[name]?[permutation] = made
    return made
  }

  /// A value in the order of axes of the graph.
  mutating func plain(_ name: String) throws(MRDLError) -> KerasTensor {
    try materialize(name)
    return try value(name, Array(0..<(forms[name]?.rank ?? 0)))
  }

  /// A value whose channels are behind the batch, with its channels last.
  mutating func channelsLast(_ name: String) throws(MRDLError) -> KerasTensor {
    try materialize(name)
    return try value(name, Self.channelsLast(forms[name]?.rank ?? 2))
  }

  static func channelsLast(_ rank: Int) -> [Int] {
    [0] + (2..<max(rank, 2)) + (rank > 1 ? [1] : [])
  }

  /// Gives a value that lacks an axis of one element that axis.
  mutating func materialize(_ name: String) throws(MRDLError) {
    guard forms[name] == nil, let (axis, inner) = squeezed[name] else { return }
    guard
      let (form, tensor) = inner.tensors.min(by: { $0.key.lexicographicallyPrecedes($1.key) })
    else { return }
    // Before the last axis of the form that is at hand, so that the batch stays first.
    let place = max(1, form.count - 1)
    var whole = form.map { $0 < axis ? $0 : $0 + 1 }
    whole.insert(axis, at: place)
    var extents = tensor.extents
    extents.insert(1, at: place)
    forms[name] = KerasForms(try reshape(tensor, extents), permutation: whole)
  }

  mutating func define(_ name: String, _ tensor: KerasTensor, permutation: [Int]? = nil) {
    if !name.isEmpty { forms[name] = KerasForms(tensor, permutation: permutation) }
  }

  mutating func define(_ name: String, channelsLast tensor: KerasTensor) {
    define(name, tensor, permutation: Self.channelsLast(tensor.rank))
  }

  /// Defines a value by a tensor that lacks one of its axes.
  mutating func define(_ name: String, withoutAxis axis: Int, _ forms: KerasForms) {
    if !name.isEmpty { squeezed[name] = (axis, forms) }
  }

  /// The forms of a value without an axis, where such are at hand.
  func forms(of name: String, withoutAxis axis: Int) -> KerasForms? {
    guard let (known, forms) = squeezed[name], known == axis else { return nil }
    return forms
  }

  func forms(of name: String) -> KerasForms? { forms[name] }

  mutating func define(_ name: String, forms: KerasForms) { self.forms[name] = forms }

  /// Gives a value the meaning of another.
  mutating func alias(_ name: String, of other: String) {
    forms[name] = forms[other]
    squeezed[name] = squeezed[other]
  }

  // MARK: Layers

  /// Adds a layer with one output.
  ///
  /// - Parameter isList: whether the layer takes its inputs as a list.
  mutating func emit(
    _ className: String, _ name: String, _ config: KeyValuePairs<String, JSONValue>,
    _ inputs: [KerasTensor], isList: Bool = false, weights: [KerasLayerRecord.Weight] = [],
    extents: [Int?]
  ) -> KerasTensor {
    emit(
      className, name, config, inputs, isList: isList, weights: weights, outputs: [extents])[0]
  }

  /// Adds a layer.
  mutating func emit(
    _ className: String, _ name: String, _ config: KeyValuePairs<String, JSONValue>,
    _ inputs: [KerasTensor], isList: Bool = false, weights: [KerasLayerRecord.Weight] = [],
    outputs: [[Int?]]
  ) -> [KerasTensor] {
    let layer = newName(name)
    let type = inputs[0].scalarType
    layers.append(
      KerasLayerRecord(
        module: "keras.layers", className: className, name: layer,
        config: [
          JSONMember("name", .string(layer)), JSONMember("trainable", .bool(true)),
          JSONMember("dtype", .string(type == .float64 ? "float64" : "float32")),
        ] + config.map { JSONMember($0.key, $0.value) },
        operands: isList ? [.list(inputs)] : inputs.map { .tensor($0) }, weights: weights))
    return outputs.enumerated().map { index, extents in
      KerasTensor(layer: layer, output: index, extents: extents, scalarType: type)
    }
  }

  typealias Operand = KerasLayerRecord.Operand

  /// Adds an operation.
  ///
  /// - Parameter home: the file of Keras that has it, such as `numpy`.
  mutating func emitOperation(
    _ className: String, in home: String = "numpy", _ name: String,
    _ config: KeyValuePairs<String, JSONValue> = [:], _ operands: [Operand],
    keywords: KeyValuePairs<String, JSONValue> = [:], outputs: [[Int?]], type: ScalarType
  ) throws(MRDLError) -> [KerasTensor] {
    guard permitsOperations else {
      throw MRDLError(
        .notExportable, "an HDF5 file of Keras holds layers alone, and no layer does this",
        found: className, expected: "an output .keras")
    }
    let layer = newName(name)
    layers.append(
      KerasLayerRecord(
        module: "keras.src.ops.\(home)", className: className, name: layer,
        config: [JSONMember("name", .string(layer))] + config.map { JSONMember($0.key, $0.value) },
        operands: operands, keywords: keywords.map { JSONMember($0.key, $0.value) }))
    return outputs.enumerated().map { index, extents in
      KerasTensor(layer: layer, output: index, extents: extents, scalarType: type)
    }
  }

  mutating func transpose(
    _ tensor: KerasTensor, _ permutation: [Int]
  ) throws(MRDLError) -> KerasTensor {
    if permutation == Array(0..<tensor.rank) { return tensor }
    let extents = permutation.map { tensor.extents[$0] }
    if permutation.first == 0 {
      return emit(
        "Permute", tensor.layer + "_permute", ["dims": .integers(permutation.dropFirst())],
        [tensor], extents: extents)
    }
    return try emitOperation(
      "Transpose", tensor.layer + "_transpose", ["axes": .integers(permutation)],
      [.tensor(tensor)], outputs: [extents], type: tensor.scalarType)[0]
  }

  /// Another shape; at most one of the extents behind the first may be unknown.
  ///
  /// - Parameter keepsBatch: whether the first extent is that of the tensor.
  mutating func reshape(
    _ tensor: KerasTensor, _ extents: [Int?], name: String? = nil, keepsBatch: Bool = true
  ) throws(MRDLError) -> KerasTensor {
    let name = name ?? tensor.layer + "_reshape"
    let target = extents.map { $0 ?? -1 }
    guard target.dropFirst().count(where: { $0 < 0 }) <= 1 else {
      throw refusal("a shape with several unknown extents")
    }
    if keepsBatch, !extents.isEmpty, extents[0] == tensor.extents.first ?? nil {
      return emit(
        "Reshape", name, ["target_shape": .integers(target.dropFirst())], [tensor],
        extents: extents)
    }
    guard target.count(where: { $0 < 0 }) <= 1 else {
      throw refusal("a shape with several unknown extents")
    }
    return try emitOperation(
      "Reshape", name, ["newshape": .integers(target)], [.tensor(tensor)], outputs: [extents],
      type: tensor.scalarType)[0]
  }

  func refusal(_ what: String) -> MRDLError {
    MRDLError(.notExportable, "Keras has no layer for what a node asks for", found: what)
  }

  // MARK: The order of Keras

  /// The layers as Keras orders them: by their distance from the outputs, then as a walk from the
  /// outputs meets them. Files number weights in this order.
  var orderedLayers: [KerasLayerRecord] {
    let indices = Dictionary(
      uniqueKeysWithValues: layers.enumerated().map { ($0.element.name, $0.offset) })
    var met: [Int: Int] = [:]
    var finished: [Int] = []
    // A stack of layers and how many of their inputs were walked.
    for output in outputs {
      guard let start = indices[output.layer], met[start] == nil else { continue }
      met[start] = met.count
      var stack = [(layer: start, next: 0)]
      while let (layer, next) = stack.last {
        guard next < layers[layer].inputs.count else {
          finished.append(layer)
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        guard let input = indices[layers[layer].inputs[next].layer], met[input] == nil else {
          continue
        }
        met[input] = met.count
        stack.append((input, 0))
      }
    }
    var depths = [Int](repeating: 0, count: layers.count)
    for layer in finished.reversed() {
      for input in layers[layer].inputs {
        guard let index = indices[input.layer] else { continue }
        depths[index] = max(depths[index], depths[layer] + 1)
      }
    }
    // Inputs that nothing reads stay; other layers without readers go.
    return layers.indices.filter { met[$0] != nil || layers[$0].className == "InputLayer" }
      .sorted { (-depths[$0], met[$0] ?? -1) < (-depths[$1], met[$1] ?? -1) }
      .map { layers[$0] }
  }
}

/// Numbers in the configuration of a model.
enum KerasConstant {
  /// The most numbers that a configuration holds.
  private static let limit = 1 << 22

  static func json(_ tensor: Tensor) throws(MRDLError) -> JSONValue {
    guard tensor.elementCount <= limit else {
      throw MRDLError(
        .notExportable, "a constant is too large for the configuration of a model",
        found: "\(tensor.shape)")
    }
    let numbers: [JSONValue]
    if tensor.scalarType == .bool {
      numbers = tensor.elements(as: Bool.self).map { .bool($0) }
    } else if tensor.scalarType.isFloatingPoint {
      numbers = try tensor.cast(to: .float64).elements(as: Double.self).map { .number($0) }
    } else {
      numbers = try tensor.cast(to: .int64).elements(as: Int64.self).map { .integer($0) }
    }
    guard
      numbers.allSatisfy({ if case .number(let number) = $0 { number.isFinite } else { true } })
    else { throw MRDLError(.notExportable, "a constant is infinite or not a number") }
    var rest = numbers[...]
    let value = nest(tensor.shape.dimensions[...], &rest)
    return .object([
      "class_name": "__tensor__",
      "config": .object(["value": value, "dtype": .string(KerasTensor.name(of: tensor.scalarType))]
      ),
    ])
  }

  private static func nest(
    _ extents: ArraySlice<Int>, _ numbers: inout ArraySlice<JSONValue>
  ) -> JSONValue {
    guard let extent = extents.first else { return numbers.popFirst() ?? .null }
    return .array((0..<extent).map { _ in nest(extents.dropFirst(), &numbers) })
  }
}
