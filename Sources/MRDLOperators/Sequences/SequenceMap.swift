package import MRDLCore
package import MRDLModel

/// Runs a graph on each element of sequences.
package struct SequenceMap: ValueOperator {
  package static let name = "SequenceMap"
  package static let inputCount = 1...Int.max
  package static let outputCount = 1...Int.max

  private let body: Graph

  package init(attributes: inout AttributeReader) throws(MRDLError) {
    body = try attributes.graph("body")
  }

  package var subgraphs: [Graph] { [body] }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] { [] }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    let length = try operands.sequence(0).count
    var results = [[GraphValue]](repeating: [], count: body.outputs.count)
    for position in 0..<length {
      var inputs: [GraphValue] = []
      for index in operands.values.indices {
        guard case .sequence(let values) = try operands.required(index) else {
          inputs.append(try operands.required(index))
          continue
        }
        guard values.count == length else {
          throw operands.mismatch(
            "the sequences have different lengths", found: "\(values.count)",
            expected: "\(length)")
        }
        inputs.append(values[position])
      }
      for (index, value) in try run(0, inputs).enumerated() { results[index].append(value) }
    }
    return results.map { .sequence($0) }
  }
}
