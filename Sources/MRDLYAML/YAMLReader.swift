internal import MRDLCore
internal import Yams

/// Makes JSON values of YAML's nodes.
struct YAMLReader {
  private let limits: Limits
  private(set) var positions: [String: TextPosition] = [:]
  private var valueCount = 0
  private var byteCount = 0

  init(limits: Limits) { self.limits = limits }

  /// - Parameter root: nil for a text without a document, which is null.
  mutating func read(_ root: Node?) throws(MRDLError) -> JSONValue {
    guard let root else { return .null }
    return try value(root, pointer: "", depth: 0)
  }

  private mutating func value(
    _ node: Node, pointer: String, depth: Int
  ) throws(MRDLError) -> JSONValue {
    let position = node.mark.map(TextPosition.init)
    valueCount += 1
    if case .scalar(let scalar) = node { byteCount += scalar.string.utf8.count }
    guard depth <= limits.nestingDepth, valueCount <= limits.yamlValueCount,
      byteCount <= limits.yamlByteCount
    else {
      throw MRDLError(
        .limitExceeded, "the text stands for too many values, too long or too deep ones",
        expected: "\(limits.yamlValueCount) values, \(limits.nestingDepth) levels",
        at: Place(position))
    }
    switch node {
    case .scalar(let scalar):
      return try YAMLScalar(scalar).value
    case .sequence(let sequence):
      try sequence.tag.check(isOr: "seq", expected: "no tag", at: Place(position))
      var elements: [JSONValue] = []
      for (index, element) in sequence.enumerated() {
        let place = "\(pointer)/\(index)"
        positions[place] = element.mark.map(TextPosition.init) ?? position
        elements.append(try value(element, pointer: place, depth: depth + 1))
      }
      return .array(elements)
    case .mapping(let mapping):
      try mapping.tag.check(isOr: "map", expected: "no tag", at: Place(position))
      return .object(try members(mapping, pointer: pointer, depth: depth))
    case .alias:
      throw MRDLError(.badYAML, "an alias stands for nothing", at: Place(position))
    }
  }

  private mutating func members(
    _ mapping: Node.Mapping, pointer: String, depth: Int
  ) throws(MRDLError) -> [JSONMember] {
    var members: [JSONMember] = []
    var keys: Set<String> = []
    for (key, element) in mapping {
      let position = key.mark.map(TextPosition.init)
      guard case .scalar(let scalar) = key else {
        throw MRDLError(
          .badYAML, "a key is not a word", expected: "a scalar", at: Place(position))
      }
      guard scalar.style != .plain || scalar.string != "<<" else {
        throw MRDLError(
          .badYAML, "YAML 1.2 has no merge keys", found: "<<", expected: "the keys themselves",
          at: Place(position))
      }
      // The same word in quotation marks is another key to YAML, and the same to JSON.
      guard keys.insert(scalar.string).inserted else {
        throw MRDLError(
          .duplicateKey, "an object has the same key twice", found: "\"\(scalar.string)\"",
          at: Place(position))
      }
      let place = pointer + "/" + JSONCursor.pointerPart(scalar.string)
      positions[place] = position
      members.append(
        JSONMember(scalar.string, try value(element, pointer: place, depth: depth + 1)))
    }
    return members
  }
}
