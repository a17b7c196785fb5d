public import MRDLCore
public import MRDLModel

/// Reads the attributes of a node, with the kinds, defaults and ranges that an operator asks for.
///
/// It remembers which attributes were asked for, so that unknown ones are found afterwards.
public struct AttributeReader {
  public let node: Node
  /// The node, for errors.
  public let place: Place
  private(set) var known: Set<String> = []
  private let tensors: TensorTable

  public init(_ node: Node, place: Place, tensors: TensorTable = TensorTable()) {
    self.node = node
    self.place = place
    self.tensors = tensors
  }

  private mutating func value(_ name: String) -> AttributeValue? {
    known.insert(name)
    return node.attributes[name]
  }

  /// A whole number.
  public mutating func integer(_ name: String) throws(MRDLError) -> Int? {
    switch value(name) {
    case nil: return nil
    case .integer(let value):
      guard let result = Int(exactly: value) else {
        throw wrongValue(name, "\(value)", "an integer")
      }
      return result
    case .some(let other): throw wrongKind(name, other, "an integer")
    }
  }

  /// A whole number with a default, inside a range.
  public mutating func integer(
    _ name: String, default: Int, in range: ClosedRange<Int> = Int.min...Int.max
  ) throws(MRDLError) -> Int {
    let result = try integer(name) ?? `default`
    guard range.contains(result) else {
      throw wrongValue(name, "\(result)", "\(range.lowerBound) to \(range.upperBound)")
    }
    return result
  }

  /// A whole number that is 0 or 1.
  public mutating func flag(_ name: String, default: Bool = false) throws(MRDLError) -> Bool {
    try integer(name, default: `default` ? 1 : 0, in: 0...1) == 1
  }

  /// A real number.
  public mutating func float(_ name: String) throws(MRDLError) -> Double? {
    switch value(name) {
    case nil: return nil
    case .float(let value): return value
    case .integer(let value): return Double(value)
    case .some(let other): throw wrongKind(name, other, "a number")
    }
  }

  public mutating func float(_ name: String, default: Double) throws(MRDLError) -> Double {
    try float(name) ?? `default`
  }

  public mutating func string(_ name: String) throws(MRDLError) -> String? {
    switch value(name) {
    case nil: return nil
    case .string(let value): return value
    case .some(let other): throw wrongKind(name, other, "a string")
    }
  }

  /// A word of an enumeration.
  public mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, default: Choice
  ) throws(MRDLError) -> Choice where Choice.RawValue == String {
    guard let text = try string(name) else { return `default` }
    guard let choice = Choice(rawValue: text) else {
      throw wrongValue(
        name, "\"\(text)\"", Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
    }
    return choice
  }

  public mutating func integers(_ name: String) throws(MRDLError) -> [Int]? {
    switch value(name) {
    case nil: return nil
    case .integers(let values): return values.map { Int(clamping: $0) }
    case .some(let other): throw wrongKind(name, other, "integers")
    }
  }

  /// Whole numbers that all lie in a range.
  public mutating func integers(
    _ name: String, in range: ClosedRange<Int>
  ) throws(MRDLError) -> [Int]? {
    guard let values = try integers(name) else { return nil }
    for value in values where !range.contains(value) {
      throw wrongValue(name, "\(value)", "\(range.lowerBound) to \(range.upperBound)")
    }
    return values
  }

  public mutating func floats(_ name: String) throws(MRDLError) -> [Double]? {
    switch value(name) {
    case nil: return nil
    case .floats(let values): return values
    case .integers(let values): return values.map { Double($0) }
    case .some(let other): throw wrongKind(name, other, "numbers")
    }
  }

  public mutating func strings(_ name: String) throws(MRDLError) -> [String]? {
    switch value(name) {
    case nil: return nil
    case .strings(let values): return values
    case .integers(let values) where values.isEmpty: return []
    case .some(let other): throw wrongKind(name, other, "strings")
    }
  }

  /// A tensor of the model's table.
  public mutating func tensor(_ name: String) throws(MRDLError) -> Tensor? {
    switch value(name) {
    case nil: return nil
    case .tensor(let tensorName):
      guard let tensor = tensors[tensorName] else {
        throw MRDLError(
          .missingTensor, "attribute \"\(name)\" names a tensor that is not in the table",
          found: "\"\(tensorName)\"", at: place)
      }
      return try tensor.load()
    case .some(let other): throw wrongKind(name, other, "a tensor")
    }
  }

  /// A graph that the node runs.
  public mutating func graph(_ name: String) throws(MRDLError) -> Graph {
    switch value(name) {
    case nil: throw missing(name)
    case .graph(let graph): return graph
    case .some(let other): throw wrongKind(name, other, "a graph")
    }
  }

  /// An error about an attribute that must be there.
  public func missing(_ name: String) -> MRDLError {
    MRDLError(
      .badAttribute, "an attribute is missing", expected: "\"\(name)\"", at: place)
  }

  /// An error about the value of an attribute.
  public func wrongValue(_ name: String, _ found: String, _ expected: String) -> MRDLError {
    MRDLError(
      .badAttribute, "attribute \"\(name)\" has a value that the operator does not take",
      found: found, expected: expected, at: place)
  }

  private func wrongKind(
    _ name: String, _ found: AttributeValue, _ expected: String
  ) -> MRDLError {
    MRDLError(
      .badAttribute, "attribute \"\(name)\" is of the wrong kind", found: found.kindName,
      expected: expected, at: place)
  }

  /// Throws where the node has an attribute that the operator did not ask for.
  func checkAllKnown() throws(MRDLError) {
    for name in node.attributes.keys.sorted() where !known.contains(name) {
      throw MRDLError(
        .badAttribute, "an attribute is not known", found: "\"\(name)\"",
        expected: known.isEmpty
          ? "no attributes" : known.sorted().map { "\"\($0)\"" }.joined(separator: ", "), at: place)
    }
  }
}
