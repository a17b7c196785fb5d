internal import MRDLCore

/// One layer of a Keras model and its calls.
struct KerasLayer {
  /// One of the outputs of a call of a layer.
  struct Reference: Hashable {
    let layer: String
    let call: Int
    let output: Int
  }

  let className: String
  let name: String
  let config: KerasObject
  /// Whether this is an operation of Keras and no layer.
  let isOperation: Bool
  /// The positional arguments of each call, constants among them, and the named ones.
  let arguments: [(positional: [KerasObject], named: KerasObject)]
  /// The parts of another layer that lead to this one, as in TimeDistributed.
  var partPrefix: [String] = []
  /// What each call takes.
  var calls: [[Reference]]
  /// The name of its object in an archive.
  let object: String

  init(_ description: KerasObject, objectCounts: inout [String: Int]) throws(MRDLError) {
    guard let className = description["class_name"]?.text, let config = description["config"]
    else {
      throw MRDLError(.badKeras, "a layer lacks its class or its configuration")
    }
    self.className = className
    self.config = config
    name = description["name"]?.text ?? config["name"]?.text ?? className
    let base = Self.objectName(className)
    let count = objectCounts[base, default: 0]
    objectCounts[base] = count + 1
    object = count == 0 ? base : "\(base)_\(count)"
    let nodes = description["inbound_nodes"]?.elements ?? []
    calls = nodes.map { Self.references($0) }
    arguments = nodes.map { node in
      // Keras 2 lists the values alone.
      (node["args"]?.elements ?? [node], node["kwargs"] ?? KerasObject(.object([])))
    }
    isOperation = description["module"]?.text?.hasPrefix("keras.src.ops") ?? false
  }

  /// A layer inside another one.
  init(
    className: String, config: KerasObject, inside layer: KerasLayer, part: [String]
  ) {
    self.className = className
    self.config = config
    name = layer.name
    object = layer.object
    calls = layer.calls
    arguments = layer.arguments
    isOperation = false
    partPrefix = layer.partPrefix + part
  }

  /// The words of a class name, in lower case.
  static func objectName(_ className: String) -> String { KerasFile.objectName(className) }
}

extension KerasFile {
  /// The words of a class name, in lower case: how archives name the objects of layers.
  package static func objectName(_ className: String) -> String {
    let letters = Array(className)
    var result = ""
    for (index, letter) in letters.enumerated() {
      let next = index + 1 < letters.count ? letters[index + 1] : " "
      if index > 0, letter.isUppercase, next.isLowercase || letters[index - 1].isLowercase {
        result += "_"
      }
      result += letter.lowercased()
    }
    return result
  }
}

extension KerasLayer {
  /// The tensors that a call names, in all the forms that versions of Keras give it.
  static func references(_ value: KerasObject) -> [Reference] {
    if let reference = reference(value) { return [reference] }
    if value["class_name"]?.text == "__keras_tensor__" {
      return value["config"]?["keras_history"].map { references($0) } ?? []
    }
    if let elements = value.elements { return elements.flatMap { references($0) } }
    if value["args"] != nil || value["kwargs"] != nil {
      return (value["args"].map { references($0) } ?? [])
        + (value["kwargs"].map { references($0) } ?? [])
    }
    if case .object(let members) = value.value {
      return members.flatMap { references(KerasObject($0.value)) }
    }
    return []
  }

  /// `["layer", call, output]`, maybe with arguments behind it.
  private static func reference(_ value: KerasObject) -> Reference? {
    guard let elements = value.elements, elements.count >= 3, let layer = elements[0].text,
      let call = elements[1].integer, let output = elements[2].integer
    else { return nil }
    return Reference(layer: layer, call: call, output: output)
  }
}
