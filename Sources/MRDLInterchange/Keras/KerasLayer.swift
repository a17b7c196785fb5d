internal import MRDLCore

/// One layer of a Keras model and its calls.
struct KerasLayer {
  /// One of the outputs of a call of a layer.
  struct Reference: Hashable {
    let layer: String
    let call: Int
    let output: Int
  }

  /// What one call of a layer gives it.
  struct Arguments {
    /// References and constants in the order of the parameters.
    let positional: [KerasObject]
    let named: KerasObject
  }

  let className: String
  let name: String
  let config: KerasObject
  /// Whether this is an operation of Keras and no layer.
  let isOperation: Bool
  /// The arguments of each call.
  let arguments: [Arguments]
  /// Which of the calls is being made.
  var call = 0
  /// The values that the call being made names, other than the inputs: masks and states.
  var namedValues: [String: [KerasValue?]] = [:]
  /// The class of the layer around this one.
  let wrapper: String?
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
    arguments = nodes.map { Self.arguments($0) }
    calls = arguments.map { arguments in
      arguments.positional.flatMap { Self.references($0) } + Self.references(arguments.named)
    }
    wrapper = nil
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
    call = layer.call
    namedValues = layer.namedValues
    isOperation = false
    wrapper = layer.className
    partPrefix = layer.partPrefix + part
  }

  /// The words of a class name, in lower case.
  static func objectName(_ className: String) -> String { KerasFile.objectName(className) }
}

extension KerasFile {
  /// The words of a class name, in lower case: how archives name the objects of layers.
  package static func objectName(_ className: String) -> String {
    // The class has another name than the one under which it is found.
    if className == "GroupQueryAttention" { return "grouped_query_attention" }
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
  /// What is given by name to the call that is being made.
  var named: KerasObject {
    call < arguments.count ? arguments[call].named : KerasObject(.object([]))
  }

  /// The arguments of a call. Keras 3 names them; before, each tensor is `["layer", call, output]`,
  /// and the named arguments stand as a fourth element behind the first of them.
  private static func arguments(_ node: KerasObject) -> Arguments {
    if node["args"] != nil || node["kwargs"] != nil {
      return Arguments(
        positional: node["args"]?.elements ?? [],
        named: node["kwargs"] ?? KerasObject(.object([])))
    }
    var entries = node.elements ?? []
    if entries.first?.text != nil { entries = [node] }
    let named = entries.lazy.compactMap { entry -> KerasObject? in
      guard let parts = entry.elements, parts.count > 3, case .object(let members) = parts[3].value
      else { return nil }
      return members.isEmpty ? nil : parts[3]
    }.first
    return Arguments(positional: entries, named: named ?? KerasObject(.object([])))
  }

  /// Whether an argument is one tensor, and not a list.
  static func isTensor(_ value: KerasObject) -> Bool {
    reference(value) != nil || value["class_name"]?.text == "__keras_tensor__"
  }

  /// The tensors that a call names, in all the forms that versions of Keras give it.
  static func references(_ value: KerasObject) -> [Reference] {
    if let reference = reference(value) { return [reference] }
    if isTensor(value) {
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

  /// What stands for a layer where the operand of an operation of Keras 2 is a constant.
  static let constantName = "_CONSTANT_VALUE"

  /// `["layer", call, output]`, maybe with arguments behind it.
  private static func reference(_ value: KerasObject) -> Reference? {
    guard let elements = value.elements, elements.count >= 3, let layer = elements[0].text,
      let call = elements[1].integer, let output = elements[2].integer,
      layer != Self.constantName
    else { return nil }
    return Reference(layer: layer, call: call, output: output)
  }
}
