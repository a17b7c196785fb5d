internal import MRDLCore

/// The configuration of a layer or model, with what Keras takes where a key is missing.
struct KerasObject {
  let value: JSONValue

  init(_ value: JSONValue) { self.value = value }

  /// The member of a key; nil for one that is missing or null.
  subscript(key: String) -> KerasObject? {
    guard let member = value[key], member != .null else { return nil }
    return KerasObject(member)
  }

  var text: String? { if case .string(let text) = value { text } else { nil } }

  var number: Double? {
    switch value {
    case .integer(let number): Double(number)
    case .number(let number): number
    case .array(let values) where values.count == 1: KerasObject(values[0]).number
    default: nil
    }
  }

  /// A whole number; what is beyond all sizes counts as the largest size, so that sums and products of
  /// two cannot overflow.
  var integer: Int? {
    guard case .integer(let number) = value else { return nil }
    return Int(max(-Self.largest, min(number, Self.largest)))
  }

  private static let largest = Int64(Int32.max)

  /// A whole number, or several.
  var integers: [Int] {
    switch value {
    case .integer: integer.map { [$0] } ?? []
    case .array(let values): values.flatMap { KerasObject($0).integers }
    default: []
    }
  }

  var elements: [KerasObject]? {
    if case .array(let values) = value { values.map { KerasObject($0) } } else { nil }
  }

  func flag(_ key: String, default: Bool = false) -> Bool {
    if case .bool(let flag)? = value[key] { flag } else { `default` }
  }

  func number(_ key: String, default: Double) -> Double { self[key]?.number ?? `default` }

  func text(_ key: String, default: String) -> String { self[key]?.text ?? `default` }

  /// Whole numbers, one of which stands for as many as there must be.
  func integers(_ key: String, count: Int, default: Int) throws(MRDLError) -> [Int] {
    guard let member = self[key] else { return [Int](repeating: `default`, count: count) }
    if let one = member.integer { return [Int](repeating: one, count: count) }
    let values = (member.elements ?? []).compactMap(\.integer)
    guard values.count == count else {
      throw MRDLError(
        .badKeras, "a key of a layer has another number of values", found: "\(values.count)",
        expected: "\(count)", at: Place(key))
    }
    return values
  }

  /// An integer that must be there.
  func required(_ key: String) throws(MRDLError) -> Int {
    guard let number = self[key]?.integer else {
      throw MRDLError(.badKeras, "a key of a layer is missing", expected: "\"\(key)\"")
    }
    return number
  }

  /// The name of an object that is given by its name or its configuration.
  var name: String? {
    if let text { return text }
    let inner = self["config"]
    if let text = inner?.text { return text }
    if self["class_name"]?.text == "function" { return inner?["name"]?.text }
    return self["class_name"]?.text
  }
}

extension KerasObject {
  /// The activation under a key; none where the key is null, the usual one where it is missing.
  func activation(_ key: String, default: String) -> KerasObject {
    self[key] ?? KerasObject(.string(value[key] == .null ? "linear" : `default`))
  }

  /// The object with some keys set.
  func with(_ changes: [(key: String, value: JSONValue)]) -> KerasObject {
    guard case .object(var members) = value else { return self }
    for change in changes {
      if let index = members.firstIndex(where: { $0.key == change.key }) {
        members[index] = JSONMember(change.key, change.value)
      } else {
        members.append(JSONMember(change.key, change.value))
      }
    }
    return KerasObject(.object(members))
  }
}
