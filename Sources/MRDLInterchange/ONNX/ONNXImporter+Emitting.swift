internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

// The words in which a node is said by several others: each call adds a node and gives the name of its result.

extension ONNXImporter {
  /// Adds a node with one output and gives its name.
  mutating func emit(
    _ operatorName: String, _ inputs: [String], _ attributes: [String: AttributeValue] = [:]
  ) -> String {
    emit(operatorName, inputs, attributes, outputCount: 1)[0]
  }

  /// Adds a node and gives the names of its outputs.
  mutating func emit(
    _ operatorName: String, _ inputs: [String], _ attributes: [String: AttributeValue] = [:],
    outputCount: Int
  ) -> [String] {
    let base = (inputs.first { !$0.isEmpty } ?? "value") + "." + operatorName
    let outputs = (0..<outputCount).map { _ in newName(base) }
    emit(operatorName, inputs, attributes, to: outputs)
    return outputs
  }

  /// Adds a node with outputs of the given names.
  mutating func emit(
    _ operatorName: String, _ inputs: [String], _ attributes: [String: AttributeValue] = [:],
    to outputs: [String]
  ) {
    var inputs = inputs
    while inputs.last?.isEmpty == true { inputs.removeLast() }
    let node = Node(operatorName, inputs: inputs, outputs: outputs, attributes: attributes)
    emitted.append(node)
    facts.infer(node, tensors: tensors)
  }

  /// A constant of whole numbers, of one axis.
  mutating func integers(_ values: [Int64]) -> String { addConstant(Tensor(values), "integers") }

  /// A constant without axes, of the type of a value.
  mutating func number(_ value: Double, like other: String) -> String {
    let constant = addConstant(Tensor(scalar: Float(value)), "number")
    guard facts[other]?.scalarType != .float32 else { return constant }
    return emit("CastLike", [constant, other])
  }

  mutating func cast(_ input: String, to type: ScalarType) -> String {
    if facts[input]?.scalarType == type { return input }
    return emit("Cast", [input], ["to": .integer(Int64(type.onnxCode ?? 0))])
  }

  mutating func transpose(_ input: String, _ permutation: [Int64]) -> String {
    emit("Transpose", [input], ["perm": .integers(permutation)])
  }

  mutating func unsqueeze(_ input: String, _ axes: [Int64]) -> String {
    emit("Unsqueeze", [input, integers(axes)])
  }

  mutating func reshape(_ input: String, _ extents: [Int64]) -> String {
    emit("Reshape", [input, integers(extents)])
  }

  /// One extent of a value, as a tensor of one element.
  mutating func extent(_ input: String, axis: Int64) -> String {
    emit("Shape", [input], ["start": .integer(axis), "end": .integer(axis + 1)])
  }

  /// The whole numbers from 0 up to and without a number, which is a tensor of one element.
  mutating func range(to end: String) -> String {
    emit(
      "Range",
      [
        addConstant(Tensor(scalar: Int64(0)), "zero"), emit("Squeeze", [end]),
        addConstant(Tensor(scalar: Int64(1)), "one"),
      ])
  }
}

extension Node {
  /// The name of an input; empty where it is left out.
  func input(_ index: Int) -> String { index < inputs.count ? inputs[index] : "" }

  /// The name of an output; empty where nobody needs it.
  func output(_ index: Int) -> String { index < outputs.count ? outputs[index] : "" }

  func integer(_ name: String, default value: Int64) -> Int64 {
    if case .integer(let given)? = attributes[name] { given } else { value }
  }

  func float(_ name: String, default value: Double) -> Double {
    if case .float(let given)? = attributes[name] { given } else { value }
  }

  func floats(_ name: String) -> [Double] {
    if case .floats(let given)? = attributes[name] { given } else { [] }
  }

  func string(_ name: String) -> String? {
    if case .string(let given)? = attributes[name] { given } else { nil }
  }

  func integers(_ name: String) -> [Int64]? {
    if case .integers(let given)? = attributes[name] { given } else { nil }
  }

  /// The attributes of some names alone.
  func attributes(_ names: String...) -> [String: AttributeValue] {
    attributes.filter { names.contains($0.key) }
  }
}
