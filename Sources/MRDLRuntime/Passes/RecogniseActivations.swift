internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Finds functions that are written as several nodes.
///
/// - HardSigmoid as Clip(x + 3, 0, 6) / 6 or Clip(α · x + β, 0, 1);
/// - HardSwish as x · HardSigmoid(x), Swish as x · Sigmoid(α · x), Gelu as x · (1 + Erf(x / √2)) / 2 or with
///   Tanh(√(2/π) · (x + 0.044715 · x³)), Mish as x · Tanh(Softplus(x)): a product of x, what gates it and
///   numbers, in whatever order they are multiplied;
/// - a square as Pow(x, 2).
enum RecogniseActivations: GraphPass {
  static let name = "recognise-activations"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    var search = PatternSearch(graph)
    for index in graph.instructions.indices {
      var instruction = search.instructions[index]
      if let (x, form) = search.gatedProduct(instruction) ?? search.hardSigmoid(instruction) {
        try form.rebuild(&instruction)
        instruction.inputs = [x]
      } else if let x = search.square(instruction) {
        try instruction.rebuild(as: Mul.self, attributes: [:])
        instruction.inputs = [x, x]
      } else {
        continue
      }
      search.instructions[index] = instruction
    }
    graph.instructions = search.instructions
  }

  /// The operator that computes a function in one node.
  fileprivate enum Form {
    case hardSigmoid(alpha: Double, beta: Double)
    case hardSwish
    case swish(alpha: Double)
    case gelu
    case geluTanh
    case mish

    func rebuild(_ instruction: inout ProgramGraph.Instruction) throws(MRDLError) {
      switch self {
      case .hardSigmoid(let alpha, let beta):
        try instruction.rebuild(
          as: HardSigmoid.self, attributes: ["alpha": .float(alpha), "beta": .float(beta)])
      case .hardSwish: try instruction.rebuild(as: HardSwish.self, attributes: [:])
      case .swish(let alpha):
        try instruction.rebuild(as: Swish.self, attributes: ["alpha": .float(alpha)])
      case .gelu: try instruction.rebuild(as: Gelu.self, attributes: [:])
      case .geluTanh:
        try instruction.rebuild(as: Gelu.self, attributes: ["approximate": .string("tanh")])
      case .mish: try instruction.rebuild(as: Mish.self, attributes: [:])
      }
    }
  }
}

extension PatternSearch {
  /// A value g(x) with which x · g(x) · `scale` is a function of one node.
  private struct Gate {
    let x: Int
    let scale: Double
    let form: RecogniseActivations.Form
  }

  /// x and the function where a node ends a product of x, its gate and numbers.
  fileprivate func gatedProduct(
    _ instruction: ProgramGraph.Instruction
  ) -> (Int, RecogniseActivations.Form)? {
    guard instruction.op is Mul || instruction.op is Div else { return nil }
    for factor in factors(of: instruction) {
      for gate in gates(factor) where isReal(gate.x) {
        let product = product(of: instruction, upTo: [gate.x, factor])
        guard product.scale.isNear(gate.scale),
          product.factors == [gate.x, factor] || product.factors == [factor, gate.x]
        else { continue }
        return (gate.x, gate.form)
      }
    }
    return nil
  }

  /// What a value may be the gate of.
  private func gates(_ value: Int) -> [Gate] {
    guard let producer = producer(value), let input = producer.inputs[0] else { return [] }
    switch producer.op {
    case is Clip:
      guard let x = clippedSum(producer, shift: 3, high: 6)?.value else { return [] }
      return [Gate(x: x, scale: 1 / 6, form: .hardSwish)]
    case let op as HardSigmoid:
      guard op.alpha.isNear(1 / 6), op.beta.isNear(0.5) else { return [] }
      return [Gate(x: input, scale: 1, form: .hardSwish)]
    case is Sigmoid:
      return scaledSources(input).map { Gate(x: $0.value, scale: 1, form: .swish(alpha: $0.scale)) }
    case is Tanh:
      guard let softplus = self.producer(input), softplus.op is Softplus, let x = softplus.inputs[0]
      else { return [] }
      return [Gate(x: x, scale: 1, form: .mish)]
    case is Add:
      guard let distribution = self.producer(withNumber(producer) { $0 == 1 }?.value),
        let argument = distribution.inputs[0]
      else { return [] }
      if distribution.op is Erf {
        return scaledSources(argument).filter { $0.scale.isNear(0.5.squareRoot()) }
          .map { Gate(x: $0.value, scale: 0.5, form: .gelu) }
      }
      guard distribution.op is Tanh else { return [] }
      return scaledSources(argument).filter { $0.scale.isNear((2 / Double.pi).squareRoot()) }
        .compactMap { cubicSum($0.value) }.map { Gate(x: $0, scale: 0.5, form: .geluTanh) }
    default: return []
    }
  }

  /// x where a value is x + 0.044715 · x³.
  private func cubicSum(_ value: Int) -> Int? {
    guard let sum = producer(value), sum.op is Add, let left = sum.inputs[0],
      let right = sum.inputs[1]
    else { return nil }
    for (x, term) in [(left, right), (right, left)] {
      guard let last = producer(term) else { continue }
      let product = product(of: last, upTo: [x])
      var power = 0.0
      for factor in product.factors {
        if factor == x {
          power += 1
        } else if let node = producer(factor), node.op is Pow, node.inputs[0] == x,
          let exponent = number(node.inputs[1], beside: x)
        {
          power += exponent
        } else {
          power = .nan
        }
      }
      if power == 3, product.scale.isNear(0.044715) { return x }
    }
    return nil
  }

  /// x and the function where a node computes Clip(x + 3, 0, 6) / 6 or Clip(α · x + β, 0, 1).
  fileprivate func hardSigmoid(
    _ instruction: ProgramGraph.Instruction
  ) -> (Int, RecogniseActivations.Form)? {
    if let (sum, beta) = clippedSum(instruction, shift: nil, high: 1) {
      guard let (x, alpha) = scaledSources(sum).last, alpha != 1, isReal(x) else { return nil }
      return (x, .hardSigmoid(alpha: alpha, beta: beta))
    }
    guard instruction.op is Mul || instruction.op is Div else { return nil }
    let product = product(of: instruction, upTo: [])
    guard product.factors.count == 1, product.scale.isNear(1 / 6),
      let clip = producer(product.factors[0]), let x = clippedSum(clip, shift: 3, high: 6)?.value,
      isReal(x)
    else { return nil }
    return (x, .hardSigmoid(alpha: 1 / 6, beta: 0.5))
  }

  /// x and the number added to it where a node is Clip(x + shift, 0, high).
  private func clippedSum(
    _ clip: ProgramGraph.Instruction, shift: Double?, high: Double
  ) -> (value: Int, number: Double)? {
    guard clip.op is Clip, clip.inputs.count == 3, bound(clip.inputs[1]) == 0,
      bound(clip.inputs[2]) == high, let sum = producer(clip.inputs[0]), sum.op is Add
    else { return nil }
    return withNumber(sum) { shift == nil || $0 == shift }
  }

  /// x where a node computes Pow(x, 2) of real numbers.
  fileprivate func square(_ instruction: ProgramGraph.Instruction) -> Int? {
    guard instruction.op is Pow, let x = instruction.inputs[0], isReal(x),
      number(instruction.inputs[1], beside: x) == 2
    else { return nil }
    return x
  }
}

extension Double {
  /// Whether a constant that was rounded to float32 is meant to be this one.
  fileprivate func isNear(_ other: Double) -> Bool { abs(self - other) <= 1e-6 * abs(other) }
}
