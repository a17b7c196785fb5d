internal import MRDLCore
internal import MRDLModel

/// A function that is applied to every number, or softmax over them.
package struct ActivationRecipe: Sendable, Hashable {
  package enum Function: String, Sendable, Hashable, CaseIterable {
    case sigmoid
    case tanh
    case relu
    case leakyRelu = "leaky-relu"
    case elu
    case selu
    case gelu
    case swish
    case mish
    case softplus
    case softsign
    case hardSigmoid = "hard-sigmoid"
    case softmax

    var operatorName: String {
      switch self {
      case .sigmoid: "Sigmoid"
      case .tanh: "Tanh"
      case .relu: "Relu"
      case .leakyRelu: "LeakyRelu"
      case .elu: "Elu"
      case .selu: "Selu"
      case .gelu: "Gelu"
      case .swish: "Swish"
      case .mish: "Mish"
      case .softplus: "Softplus"
      case .softsign: "Softsign"
      case .hardSigmoid: "HardSigmoid"
      case .softmax: "Softmax"
      }
    }
  }

  package var function: Function
  /// The slope below zero of leaky-relu, the depth of elu; nil for the usual one.
  package var alpha: Double?

  init(_ function: Function) {
    self.function = function
    alpha = nil
  }

  init(_ cursor: JSONCursor) throws(MRDLError) {
    function = try cursor.required("function").choice()
    alpha = nil
    guard let given = try cursor.optional("alpha") else { return }
    guard function == .leakyRelu || function == .elu else {
      throw MRDLError(
        .badRecipe, "the function has no alpha", found: function.rawValue,
        expected: "leaky-relu or elu", at: given.place)
    }
    alpha = try given.notNegative()
  }

  var attributes: [String: AttributeValue] {
    if function == .softmax { return ["axis": .integer(-1)] }
    return alpha.map { ["alpha": .float($0)] } ?? [:]
  }

  var encoded: JSONValue {
    .object(
      [JSONMember("kind", "activation"), JSONMember("function", .string(function.rawValue))]
        + (alpha.map { [JSONMember("alpha", .number($0))] } ?? []))
  }
}
