internal import MRDLCore
package import MRDLNumerics

/// The attributes that RNN, GRU and LSTM have in common.
package struct RecurrentOptions: Sendable {
  enum Direction: String, CaseIterable, Sendable {
    case forward
    case reverse
    case bidirectional
  }

  let direction: Direction
  let hiddenSize: Int?
  package let isBatchFirst: Bool
  package let clip: Double?
  /// For each direction.
  package let activations: [[RecurrentActivation]]

  package var directionCount: Int { direction == .bidirectional ? 2 : 1 }

  /// Whether a direction walks from the end of a sequence to its beginning.
  package func isReverse(direction index: Int) -> Bool { direction == .reverse || index == 1 }

  /// - Parameter defaults: the activations of one direction.
  init(
    _ attributes: inout AttributeReader, defaults: [RecurrentActivation.Kind]
  ) throws(MRDLError) {
    direction = try attributes.choice("direction", default: .forward)
    hiddenSize = try attributes.integer("hidden_size")
    if let hiddenSize, hiddenSize < 1 {
      throw attributes.wrongValue("hidden_size", "\(hiddenSize)", "1 or more")
    }
    isBatchFirst = try attributes.flag("layout")
    clip = try attributes.float("clip")
    let count = direction == .bidirectional ? 2 : 1
    var kinds = [[RecurrentActivation.Kind]](repeating: defaults, count: count).flatMap(\.self)
    if let names = try attributes.strings("activations"), !names.isEmpty {
      guard names.count == kinds.count else {
        throw attributes.wrongValue(
          "activations", Quantity.count(names.count, "name"), "\(kinds.count)")
      }
      for (index, name) in names.enumerated() {
        guard
          let kind = RecurrentActivation.Kind.allCases.first(where: {
            $0.rawValue.lowercased() == name.lowercased()
          })
        else {
          throw attributes.wrongValue(
            "activations", "\"\(name)\"",
            RecurrentActivation.Kind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        kinds[index] = kind
      }
    }
    // The lists have a number for each activation that takes one, in their order.
    var alphas = (try attributes.floats("activation_alpha") ?? [])[...]
    var betas = (try attributes.floats("activation_beta") ?? [])[...]
    let all = kinds.map { kind in
      RecurrentActivation(
        kind, alpha: kind.defaultAlpha == nil ? nil : alphas.popFirst(),
        beta: kind.defaultBeta == nil ? nil : betas.popFirst())
    }
    activations = (0..<count).map {
      Array(all[($0 * defaults.count)..<(($0 + 1) * defaults.count)])
    }
  }
}
