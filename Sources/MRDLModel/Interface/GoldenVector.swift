package import MRDLCore

/// Inputs with the outputs that a model must give for them; the validator runs it.
public struct GoldenVector: Sendable, Hashable {
  public var name: String
  /// From the name of an input to what is given.
  public var inputs: [String: GoldenValue]
  /// From the name of an output to what must be answered.
  public var outputs: [String: GoldenValue]
  /// |found − expected| must not pass `absoluteTolerance + relativeTolerance · |expected|`.
  public var absoluteTolerance: Double
  public var relativeTolerance: Double

  public init(
    name: String, inputs: [String: GoldenValue], outputs: [String: GoldenValue],
    absoluteTolerance: Double = 1e-5, relativeTolerance: Double = 1e-4
  ) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.absoluteTolerance = absoluteTolerance
    self.relativeTolerance = relativeTolerance
  }
}

extension GoldenVector {
  /// The tensors with its inputs and outputs.
  package var tensorNames: Set<String> {
    Set([inputs, outputs].flatMap { $0.values.flatMap(\.tensorNames) })
  }

  /// What the model is given, by the names of its inputs.
  ///
  /// - Parameter place: where the golden vector stands, for errors.
  /// - Throws: as `GoldenValue.load(from:at:)` does.
  package func loadInputs(
    from table: TensorTable, at place: Place = .unknown
  ) throws(MRDLError) -> [String: GraphValue] {
    var values: [String: GraphValue] = [:]
    for (name, value) in inputs { values[name] = try value.load(from: table, at: place) }
    return values
  }
}

extension Model {
  /// Takes golden vectors away, with the tensors that nothing else needs.
  package mutating func removeGoldenVectors(
    where isUnwanted: (GoldenVector) -> Bool = { _ in true }
  ) {
    var unwanted = Set(goldenVectors.filter(isUnwanted).flatMap(\.tensorNames))
    goldenVectors.removeAll(where: isUnwanted)
    unwanted.subtract(tensorNamesBesideGraph)
    unwanted.subtract(graph.capturedNames)
    tensors = TensorTable(filtering: tensors) { !unwanted.contains($0.info.name) }
  }
}
