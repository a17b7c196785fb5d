public import MRDLCore
public import MRDLOperators

/// Residuals of a simple recurrent layer pass back through its states, step by step.
public enum RNNRule: RecurrentRule {
  public static let operatorName = "RNN"
  public static let backwardOperators: [any Operator.Type] = [RNNGradient.self]

  static let gradient: any Operator.Type = RNNGradient.self
}

/// The residuals of the inputs of RNN.
public struct RNNGradient: RecurrentGradient {
  public static let name = "RNNGradient"

  let layer: RNN
  let truncation: Int?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    truncation = try attributes.truncation()
    layer = try RNN(attributes: &attributes)
  }
}
