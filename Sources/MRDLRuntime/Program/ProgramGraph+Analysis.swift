internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

extension ProgramGraph {
  /// What is known of each value before the shapes of the inputs are.
  func inferredFacts() -> [ValueFacts?] {
    var facts = values.map { value in
      value.constant.map { ValueFacts(constant: $0) } ?? value.declared
    }
    for instruction in instructions where instruction.op.asValueOperator == nil {
      let inputs = instruction.inputs.map { $0.flatMap { facts[$0] } }
      if zip(instruction.inputs, inputs).contains(where: { $0 != nil && $1 == nil }) { continue }
      // What is wrong with a node is reported when it is planned.
      guard
        let inferred = try? instruction.op.infer(
          Operands(inputs, outputCount: instruction.outputs.count, place: instruction.place))
      else { continue }
      for (output, known) in zip(instruction.outputs, inferred) {
        if let output { facts[output] = known }
      }
    }
    return facts
  }

  /// How often each value is read, by instructions, by the graphs inside them and as an output.
  func readerCounts() -> [Int] {
    var counts = [Int](repeating: 0, count: values.count)
    for instruction in instructions {
      for value in instruction.reads { counts[value] += 1 }
    }
    for output in outputs { counts[output] += 1 }
    return counts
  }
}

extension ValueFacts {
  /// Whether two values have the same shape whatever the inputs are.
  func hasProvenShape(of other: ValueFacts) -> Bool {
    guard let shape, shape == other.shape else { return false }
    return !shape.dimensions.contains(.unknown)
  }
}
