public import MRDLCore
public import MRDLModel

/// The facts of the inputs of one node, with checks that name the node.
public struct Operands: Sendable {
  /// In the order of the operator; nil for an optional input left out.
  public let facts: [ValueFacts?]
  /// How many outputs the node has.
  public let outputCount: Int
  /// The node, for errors.
  public let place: Place

  public init(_ facts: [ValueFacts?], outputCount: Int, place: Place) {
    self.facts = facts
    self.outputCount = outputCount
    self.place = place
  }

  /// The number of inputs, trailing ones that are left out not counted.
  public var count: Int { (facts.lastIndex { $0 != nil } ?? -1) + 1 }

  /// An input that may be left out.
  public func optional(_ index: Int) -> ValueFacts? {
    index < facts.count ? facts[index] : nil
  }

  /// An input that must be there.
  public func required(_ index: Int) throws(MRDLError) -> ValueFacts {
    guard let facts = optional(index) else {
      throw MRDLError(
        .wrongInputCount, "an input is missing", expected: "input \(index)", at: place)
    }
    return facts
  }

  /// An input whose type must be among the given ones.
  public func required(
    _ index: Int, of types: Set<ScalarType>
  ) throws(MRDLError) -> ValueFacts {
    let facts = try required(index)
    try check(facts.scalarType, index, among: types)
    return facts
  }

  /// Checks that all given inputs that are there have the type of the first, which must be among the
  /// given ones; returns that type.
  @discardableResult
  public func sameType(
    _ indices: some Sequence<Int>, among types: Set<ScalarType>
  ) throws(MRDLError) -> ScalarType {
    var common: ScalarType?
    for index in indices {
      guard let facts = optional(index) else { continue }
      try check(facts.scalarType, index, among: types)
      if let common, common != facts.scalarType {
        throw MRDLError(
          .typeMismatch, "the inputs have different types", found: facts.scalarType.rawValue,
          expected: common.rawValue, at: place)
      }
      common = facts.scalarType
    }
    guard let common else { return try required(0).scalarType }
    return common
  }

  private func check(
    _ type: ScalarType, _ index: Int, among types: Set<ScalarType>
  ) throws(MRDLError) {
    guard types.contains(type) else {
      throw MRDLError(
        .typeMismatch, "input \(index) has a type that the operator does not take",
        found: type.rawValue,
        expected: types.map(\.rawValue).sorted().joined(separator: ", "), at: place)
    }
  }

  /// The shape of an input whose rank must lie in a range; nil where the rank is not known.
  public func shape(
    _ index: Int, rank: ClosedRange<Int>
  ) throws(MRDLError) -> SymbolicShape? {
    guard let shape = try required(index).shape else { return nil }
    guard rank.contains(shape.rank) else {
      throw MRDLError(
        .shapeMismatch, "input \(index) has the wrong number of axes", found: "\(shape)",
        expected: rank.count == 1
          ? Quantity.count(rank.lowerBound, "axis")
          : "\(rank.lowerBound) to \(rank.upperBound) axes", at: place)
    }
    return shape
  }

  /// An axis given as in ONNX, where -1 is the last one.
  public func axis(_ axis: Int, rank: Int) throws(MRDLError) -> Int {
    let index = axis < 0 ? axis + rank : axis
    guard (0..<max(rank, 1)).contains(index) else {
      throw badAttribute(
        "an axis is out of range", found: "\(axis)", expected: "\(-rank) to \(rank - 1)")
    }
    return index
  }

  /// Whole numbers that must be constant, because the shape of an output depends on them.
  ///
  /// - Returns: nil where they are not known yet; the shape is then unknown too.
  public func integers(_ index: Int) throws(MRDLError) -> [Int]? {
    try required(index, of: [.int64, .int32]).integers
  }

  /// An error about shapes that do not fit.
  public func shapeMismatch(
    _ message: String, found: String? = nil, expected: String? = nil
  ) -> MRDLError {
    MRDLError(.shapeMismatch, message, found: found, expected: expected, at: place)
  }

  /// An error about an attribute.
  public func badAttribute(
    _ message: String, found: String? = nil, expected: String? = nil
  ) -> MRDLError {
    MRDLError(.badAttribute, message, found: found, expected: expected, at: place)
  }
}

extension Set<ScalarType> {
  /// The types in which every operator of real numbers computes.
  public static let realNumbers: Set = [.float32, .float64]
  /// The types of whole numbers.
  public static let wholeNumbers: Set = [
    .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64,
  ]
  /// All types that can be added and multiplied.
  public static let numbers = realNumbers.union(wholeNumbers)
  /// All types whose elements can be moved.
  public static let all = Set(ScalarType.allCases.filter(\.isComputable))
  /// All types, those that are no more than moved and converted too. Kernels refuse to move elements
  /// smaller than a byte.
  public static let stored = Set(ScalarType.allCases)
}
