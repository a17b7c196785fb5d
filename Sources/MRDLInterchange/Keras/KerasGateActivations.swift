internal import MRDLModel

/// The activations of a recurrent layer as attributes of its operator.
struct KerasGateActivations {
  let attributes: [String: AttributeValue]

  /// nil where ONNX lacks one of the activations.
  init?(_ kind: KerasRecurrentKind, _ config: KerasObject, _ k: KerasImporter) {
    var names: [String] = []
    var (alphas, betas): ([Double], [Double]) = ([], [])
    let gate = config.activation("recurrent_activation", default: "sigmoid").name
    let state = config.activation("activation", default: "tanh").name
    let all =
      switch kind {
      case .rnn: [state]
      case .gru: [gate, state]
      case .lstm: [gate, state, state]
      }
    for name in all {
      switch name {
      case "tanh": names.append("Tanh")
      case "sigmoid": names.append("Sigmoid")
      case "relu": names.append("Relu")
      case "softsign": names.append("Softsign")
      case "softplus": names.append("Softplus")
      case "linear":
        names.append("Affine")
        alphas.append(1)
        betas.append(0)
      case "elu":
        names.append("Elu")
        alphas.append(1)
      case "hard_sigmoid":
        names.append("HardSigmoid")
        alphas.append(k.majorVersion >= 3 ? 1.0 / 6 : 0.2)
        betas.append(0.5)
      default: return nil
      }
    }
    var attributes: [String: AttributeValue] = ["activations": .strings(names)]
    if !alphas.isEmpty { attributes["activation_alpha"] = .floats(alphas) }
    if !betas.isEmpty { attributes["activation_beta"] = .floats(betas) }
    self.attributes = attributes
  }
}
