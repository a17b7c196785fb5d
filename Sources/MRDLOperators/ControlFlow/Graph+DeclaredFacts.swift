internal import MRDLCore
internal import MRDLModel

extension ValueFacts {
  /// What a graph inside a node declares of an output; names of extents mean nothing outside of it.
  ///
  /// - Returns: nil for a value that is not declared to be a tensor.
  init?(declared info: ValueInfo) {
    guard info.kind == .tensor else { return nil }
    self.init(
      info.scalarType,
      info.shape.map { shape in
        SymbolicShape(shape.dimensions.map { $0.value == nil ? .unknown : $0 })
      })
  }

  /// What is true of both: nil for two types.
  func common(with other: ValueFacts) -> ValueFacts? {
    guard scalarType == other.scalarType else { return nil }
    guard let shape, let otherShape = other.shape, shape.rank == otherShape.rank else {
      return ValueFacts(scalarType, nil as SymbolicShape?)
    }
    return ValueFacts(
      scalarType,
      SymbolicShape(
        zip(shape.dimensions, otherShape.dimensions).map { $0 == $1 ? $0 : .unknown }))
  }
}

extension Sequence where Element == ValueFacts? {
  /// All facts, or none where one is missing: inference tells the outputs of a node by their position.
  func completeOrNone() -> [ValueFacts] {
    var result: [ValueFacts] = []
    for facts in self {
      guard let facts else { return [] }
      result.append(facts)
    }
    return result
  }
}
