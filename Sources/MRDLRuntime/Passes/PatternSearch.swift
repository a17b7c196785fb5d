internal import MRDLCore
internal import MRDLOperators

/// A graph in which patterns of several nodes are looked for.
struct PatternSearch {
  /// What changes while patterns are replaced; positions stay.
  var instructions: [ProgramGraph.Instruction]
  let facts: [ValueFacts?]
  let readerCounts: [Int]
  private let producers: [Int: Int]

  /// How many nodes one after the other a product may be made of.
  private static let mostDepth = 6

  init(_ graph: ProgramGraph) {
    instructions = graph.instructions
    facts = graph.inferredFacts()
    readerCounts = graph.readerCounts()
    var producers: [Int: Int] = [:]
    for (index, instruction) in graph.instructions.enumerated() {
      for case let output? in instruction.outputs { producers[output] = index }
    }
    self.producers = producers
  }

  /// The node that makes a value.
  func producer(_ value: Int?) -> ProgramGraph.Instruction? {
    value.flatMap { producers[$0] }.map { instructions[$0] }
  }

  /// Whether a value holds floating-point numbers.
  func isReal(_ value: Int) -> Bool {
    facts[value].map { Set.floats.contains($0.scalarType) } ?? false
  }

  /// A constant of one element.
  func bound(_ value: Int?) -> Double? {
    guard let known = value.flatMap({ facts[$0] }), known.constant?.elementCount == 1 else {
      return nil
    }
    return known.number
  }

  /// A constant of one element, beside which another value keeps its shape.
  func number(_ value: Int?, beside other: Int) -> Double? {
    guard let known = value.flatMap({ facts[$0] }), let rank = known.rank,
      rank == 0 || rank <= facts[other]?.rank ?? 0
    else { return nil }
    return bound(value)
  }

  /// The inputs of a node of two, one of which is a constant number beside the other.
  func withNumber(
    _ instruction: ProgramGraph.Instruction, where fits: (Double) -> Bool = { _ in true }
  ) -> (value: Int, number: Double)? {
    guard instruction.inputs.count == 2, let left = instruction.inputs[0],
      let right = instruction.inputs[1]
    else { return nil }
    if let number = number(right, beside: left), fits(number) { return (left, number) }
    if let number = number(left, beside: right), fits(number) { return (right, number) }
    return nil
  }

  /// The value that a node multiplies or divides by a number, and the factor.
  private func scaled(_ instruction: ProgramGraph.Instruction) -> (value: Int, scale: Double)? {
    if instruction.op is Div, let dividend = instruction.inputs[0] {
      return number(instruction.inputs[1], beside: dividend).map { (dividend, 1 / $0) }
    }
    guard instruction.op is Mul, let (value, number) = withNumber(instruction) else { return nil }
    return (value, number)
  }

  /// A value itself, and those of which it is a multiple, with the factor.
  func scaledSources(_ value: Int) -> [(value: Int, scale: Double)] {
    var result = [(value: value, scale: 1.0)]
    while result.count <= Self.mostDepth, let last = result.last,
      let next = producer(last.value).flatMap({ scaled($0) })
    {
      result.append((next.value, last.scale * next.scale))
    }
    return result
  }

  /// The numbers that a node multiplies, as one, and its other factors.
  ///
  /// - Parameter ends: values that are factors even where they are products themselves.
  func product(
    of instruction: ProgramGraph.Instruction, upTo ends: Set<Int>
  ) -> (scale: Double, factors: [Int]) {
    var scale = 1.0
    var factors: [Int] = []
    expand(instruction, upTo: ends, depth: 0, &scale, &factors) { _ in }
    return (scale, factors)
  }

  /// All values that can be taken for factors of a product.
  func factors(of instruction: ProgramGraph.Instruction) -> [Int] {
    var scale = 1.0
    var factors: [Int] = []
    var inner: [Int] = []
    expand(instruction, upTo: [], depth: 0, &scale, &factors) { inner.append($0) }
    return factors + inner
  }

  private func expand(
    _ instruction: ProgramGraph.Instruction, upTo ends: Set<Int>, depth: Int,
    _ scale: inout Double, _ factors: inout [Int], _ visitInner: (Int) -> Void
  ) {
    let parts: [Int]
    if let (value, number) = scaled(instruction) {
      scale *= number
      parts = [value]
    } else if instruction.op is Mul {
      parts = instruction.inputs.compactMap(\.self)
    } else {
      parts = []
      factors += instruction.outputs.compactMap(\.self)
    }
    for part in parts {
      guard depth < Self.mostDepth, !ends.contains(part), let inner = producer(part),
        inner.op is Mul || scaled(inner) != nil
      else {
        factors.append(part)
        continue
      }
      visitInner(part)
      expand(inner, upTo: ends, depth: depth + 1, &scale, &factors, visitInner)
    }
  }
}
