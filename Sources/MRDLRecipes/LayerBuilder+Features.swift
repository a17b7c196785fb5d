internal import MRDLCore
internal import MRDLModel

extension LayerBuilder {
  /// The powers of every feature, (2-1), or all monomials up to a degree.
  mutating func appendPolynomial(
    _ degree: Int, interactions: Bool, name: String
  ) throws(MRDLError) {
    guard shape.rank == 1 else { throw wrongRank("[features]") }
    let start = current
    let count = shape[0]
    // A monomial is the features that it is made of, in order.
    var monomials = (0..<count).map { [$0] }
    var total = count
    var parts: [String] = []
    for power in 2...max(degree, 2) where power <= degree {
      if interactions {
        var next: [[Int]] = []
        var left: [Int64] = []
        var right: [Int64] = []
        for (index, monomial) in monomials.enumerated() {
          for feature in (monomial.last ?? 0)..<count {
            next.append(monomial + [feature])
            left.append(Int64(index))
            right.append(Int64(feature))
          }
        }
        total += next.count
        guard total <= 65_536 else {
          throw MRDLError(
            .badRecipe, "there are too many products of features", found: "more than 65536")
        }
        monomials = next
        try append(
          "Gather", "\(name).left\(power)",
          inputs: [constant("\(name).left\(power).index", Tensor(left))],
          attributes: ["axis": .integer(1)])
        let product = current
        goBack(to: start)
        try append(
          "Gather", "\(name).right\(power)",
          inputs: [constant("\(name).right\(power).index", Tensor(right))],
          attributes: ["axis": .integer(1)])
        try append("Mul", "\(name).power\(power)", inputs: [product])
      } else {
        try append("Mul", "\(name).power\(power)", inputs: [start])
      }
      parts.append(current)
    }
    goBack(to: start)
    if !parts.isEmpty {
      try append("Concat", name, inputs: parts, attributes: ["axis": .integer(1)])
    }
  }

  /// A recurrent layer over [steps, features], by the operators of ONNX, whose first axis is the steps.
  ///
  /// - Parameter lengths: the value that tells where each series ends, nil where all have all steps.
  mutating func append(
    _ cell: LayerRecipe.Cell, units: Int, bidirectional: Bool, sequences: Bool, name: String,
    lengths: String?
  ) throws(MRDLError) {
    guard shape.rank == 2 else { throw wrongRank("[steps, features]") }
    let (steps, features) = (shape[0], shape[1])
    let directions = bidirectional ? 2 : 1
    let gates = cell == .lstm ? 4 : cell == .gru ? 3 : 1
    try append("Transpose", "\(name).steps", attributes: ["perm": .integers([1, 0, 2])])
    var inputs = [
      weight(
        "\(name).input", Shape([directions, gates * units, features]), axes: nil,
        fanIn: features, fanOut: units),
      weight(
        "\(name).recurrence", Shape([directions, gates * units, units]), axes: nil, fanIn: units,
        fanOut: units),
      zeros("\(name).bias", Shape([directions, 2 * gates * units]), axes: nil),
    ]
    if let lengths { inputs.append(lengths) }
    var attributes: [String: AttributeValue] = [
      "hidden_size": .integer(Int64(units)),
      "direction": .string(bidirectional ? "bidirectional" : "forward"),
    ]
    if cell == .gru { attributes["linear_before_reset"] = .integer(1) }
    let operatorName = cell == .lstm ? "LSTM" : cell == .gru ? "GRU" : "RNN"
    if sequences {
      // [steps, directions, batch, units] → [batch, steps, directions · units]
      try append(
        operatorName, name + ".cell", inputs: inputs, outputs: [name + ".cell"],
        attributes: attributes)
      try append("Transpose", "\(name).batch", attributes: ["perm": .integers([2, 0, 1, 3])])
      try reshape(to: [steps, directions * units], name: name)
    } else {
      try append(
        operatorName, name + ".cell", inputs: inputs, outputs: ["", name + ".cell"],
        attributes: attributes)
      try append("Transpose", "\(name).batch", attributes: ["perm": .integers([1, 0, 2])])
      try reshape(to: [directions * units], name: name)
    }
  }
}
