/// Inputs with the outputs that a model must give for them; the validator runs it.
public struct GoldenVector: Sendable, Hashable {
  public var name: String
  /// From the name of an input to the name of a tensor.
  public var inputs: [String: String]
  /// From the name of an output to the name of a tensor.
  public var outputs: [String: String]
  /// |found − expected| must not pass `absoluteTolerance + relativeTolerance · |expected|`.
  public var absoluteTolerance: Double
  public var relativeTolerance: Double

  public init(
    name: String, inputs: [String: String], outputs: [String: String],
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
  package var tensorNames: Set<String> { Set(inputs.values).union(outputs.values) }
}
