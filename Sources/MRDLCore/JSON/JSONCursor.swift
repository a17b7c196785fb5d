/// A value inside a JSON text together with its JSON pointer (RFC 6901), for decoding with good errors.
///
///     let width = try cursor.required("width").integer(in: 1...4096)
public struct JSONCursor: Sendable {
  public let value: JSONValue
  private let position: Position

  /// The root of a text.
  public init(_ value: JSONValue, place: Place = .unknown) {
    self.value = value
    position = Position(.root(place))
  }

  private init(_ value: JSONValue, at position: Position) {
    self.value = value
    self.position = position
  }

  /// Where the value stands: the file and the JSON pointer.
  ///
  /// - Complexity: O(n) in the length of the pointer: it is put together when it is asked for.
  public var place: Place { position.place }

  /// A key as a part of a JSON pointer, with `~` and `/` escaped.
  public static func pointerPart(_ key: String) -> String {
    key.replacing("~", by: "~0").replacing("/", by: "~1")
  }

  // MARK: Objects

  /// The members of an object.
  public func members() throws(MRDLError) -> [(key: String, cursor: JSONCursor)] {
    guard case .object(let members) = value else { throw wrongKind("an object") }
    return members.map {
      ($0.key, JSONCursor($0.value, at: Position(.member($0.key, of: position))))
    }
  }

  /// The member with the given key, or nil where it is missing or null.
  public func optional(_ key: String) throws(MRDLError) -> JSONCursor? {
    guard case .object(let members) = value else { throw wrongKind("an object") }
    guard let member = members.first(where: { $0.key == key }), member.value != .null else {
      return nil
    }
    return JSONCursor(member.value, at: Position(.member(key, of: position)))
  }

  /// The member with the given key.
  public func required(_ key: String) throws(MRDLError) -> JSONCursor {
    guard let member = try optional(key) else {
      throw MRDLError(.missingKey, "a required key is missing", expected: "\"\(key)\"", at: place)
    }
    return member
  }

  /// Reports every key that is not among the given ones.
  public func reportUnknownKeys(
    except known: [String], to diagnostics: Diagnostics, severity: Finding.Severity = .note
  ) {
    guard case .object(let members) = value else { return }
    for member in members where !known.contains(member.key) {
      diagnostics.report(
        .unknownKey, severity, "a key is not known and is ignored", found: "\"\(member.key)\"",
        at: Position(.member(member.key, of: position)).place)
    }
  }

  // MARK: Arrays

  /// The elements of an array.
  public func elements() throws(MRDLError) -> [JSONCursor] {
    guard case .array(let elements) = value else { throw wrongKind("an array") }
    return elements.enumerated().map {
      JSONCursor($1, at: Position(.element($0, of: position)))
    }
  }

  // MARK: Scalars

  public func string() throws(MRDLError) -> String {
    guard case .string(let string) = value else { throw wrongKind("a string") }
    return string
  }

  public func bool() throws(MRDLError) -> Bool {
    guard case .bool(let bool) = value else { throw wrongKind("a boolean") }
    return bool
  }

  public func integer() throws(MRDLError) -> Int64 {
    guard case .integer(let integer) = value else { throw wrongKind("an integer") }
    return integer
  }

  /// A whole number inside a range.
  public func integer(in range: ClosedRange<Int>) throws(MRDLError) -> Int {
    let integer = try integer()
    guard let result = Int(exactly: integer), range.contains(result) else {
      throw MRDLError(
        .badValue, "a number is out of range", found: "\(integer)",
        expected: "\(range.lowerBound) to \(range.upperBound)", at: place)
    }
    return result
  }

  /// Any number.
  public func number() throws(MRDLError) -> Double {
    switch value {
    case .integer(let integer): return Double(integer)
    case .number(let number): return number
    default: throw wrongKind("a number")
    }
  }

  /// A value of an enumeration whose raw values are strings.
  public func choice<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type = Choice.self
  ) throws(MRDLError) -> Choice where Choice.RawValue == String {
    let text = try string()
    guard let choice = Choice(rawValue: text) else {
      throw MRDLError(
        .badValue, "a word is not one of those permitted", found: "\"\(text)\"",
        expected: Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "), at: place)
    }
    return choice
  }

  public func strings() throws(MRDLError) -> [String] {
    var result: [String] = []
    for element in try elements() { result.append(try element.string()) }
    return result
  }

  public func numbers() throws(MRDLError) -> [Double] {
    var result: [Double] = []
    for element in try elements() { result.append(try element.number()) }
    return result
  }

  public func integers() throws(MRDLError) -> [Int64] {
    var result: [Int64] = []
    for element in try elements() { result.append(try element.integer()) }
    return result
  }

  /// An error about the kind of this value.
  public func wrongKind(_ expected: String) -> MRDLError {
    MRDLError(
      .wrongKind, "a value is of the wrong kind", found: value.kindName, expected: expected,
      at: place)
  }
}

/// A step on the way from the root of a text to a value.
private final class Position: Sendable {
  enum Step: Sendable {
    case root(Place)
    case member(String, of: Position)
    case element(Int, of: Position)
  }

  let step: Step

  init(_ step: Step) { self.step = step }

  var place: Place {
    var parts: [String] = []
    var position = self
    while true {
      switch position.step {
      case .root(let root):
        var place = root
        if !parts.isEmpty {
          place.path = (root.path ?? "") + parts.reversed().map { "/" + $0 }.joined()
        }
        return place
      case .member(let key, let parent):
        parts.append(JSONCursor.pointerPart(key))
        position = parent
      case .element(let index, let parent):
        parts.append(String(index))
        position = parent
      }
    }
  }
}

extension String {
  fileprivate func replacing(_ character: Character, by text: String) -> String {
    contains(character) ? reduce(into: "") { $0 += $1 == character ? text : String($1) } : self
  }
}
