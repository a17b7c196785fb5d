package import MRDLCore
package import MRDLModel

/// Runs a graph over the slices of sequences.
///
/// The body takes states and one slice of each scanned input; it gives the next states and one slice of
/// each scanned output.
package struct Scan: ValueOperator {
  package static let name = "Scan"
  package static let inputCount = 1...Int.max
  package static let outputCount = 1...Int.max

  private let body: Graph
  private let scannedCount: Int
  private let inputAxes: [Int]
  private let inputReversals: [Int]
  private let outputAxes: [Int]
  private let outputReversals: [Int]

  package init(attributes: inout AttributeReader) throws(MRDLError) {
    body = try attributes.graph("body")
    guard let count = try attributes.integer("num_scan_inputs") else {
      throw attributes.missing("num_scan_inputs")
    }
    guard (1...max(body.inputs.count, 1)).contains(count),
      body.outputs.count >= body.inputs.count - count
    else {
      throw attributes.wrongValue("num_scan_inputs", "\(count)", "as many as the body takes")
    }
    scannedCount = count
    let scannedOutputs = body.outputs.count - (body.inputs.count - count)
    func list(
      _ name: String, _ count: Int, _ range: ClosedRange<Int>
    ) throws(MRDLError) -> [Int] {
      let values =
        try attributes.integers(name, in: range) ?? [Int](repeating: 0, count: count)
      guard values.count == count else {
        throw attributes.wrongValue(name, Quantity.count(values.count, "number"), "\(count)")
      }
      return values
    }
    inputAxes = try list("scan_input_axes", count, Int.min...Int.max)
    inputReversals = try list("scan_input_directions", count, 0...1)
    outputAxes = try list("scan_output_axes", scannedOutputs, Int.min...Int.max)
    outputReversals = try list("scan_output_directions", scannedOutputs, 0...1)
  }

  package var subgraphs: [Graph] { [body] }

  private var stateCount: Int { body.inputs.count - scannedCount }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    body.outputs.prefix(operands.outputCount).enumerated().map { index, info in
      ValueFacts(declared: info).map { facts in
        guard index >= stateCount, let shape = facts.shape else { return facts }
        let given = outputAxes[index - stateCount]
        let axis = given < 0 ? given + shape.rank + 1 : given
        guard (0...shape.rank).contains(axis) else {
          return ValueFacts(facts.scalarType, nil as SymbolicShape?)
        }
        var facts = facts
        facts.shape?.dimensions.insert(.unknown, at: axis)
        return facts
      }
    }.completeOrNone()
  }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    var states: [GraphValue] = []
    for index in 0..<stateCount { states.append(try operands.required(index)) }
    var inputs: [(tensor: Tensor, axis: Int)] = []
    for index in 0..<scannedCount {
      let tensor = try operands.tensor(stateCount + index)
      inputs.append((tensor, try axis(inputAxes[index], tensor.shape.rank, operands)))
    }
    let length = inputs[0].tensor.shape[inputs[0].axis]
    for (tensor, axis) in inputs where tensor.shape[axis] != length {
      throw operands.mismatch(
        "the scanned inputs have different lengths", found: "\(tensor.shape[axis])",
        expected: "\(length)")
    }
    var scanned = [[Tensor]](repeating: [], count: body.outputs.count - stateCount)
    for step in 0..<length {
      var slices = states
      for (index, (tensor, axis)) in inputs.enumerated() {
        let position = inputReversals[index] == 1 ? length - 1 - step : step
        slices.append(
          .tensor(try tensor.slice(axis: axis, index: position, operands.place)))
      }
      let results = try run(0, slices)
      states = Array(results[..<stateCount])
      for index in scanned.indices {
        scanned[index].append(try operands.tensor(results[stateCount + index]))
      }
    }
    for (index, tensors) in scanned.enumerated() {
      guard let first = tensors.first else {
        let info = body.outputs[stateCount + index]
        var extents = info.shape?.dimensions.map { $0.value ?? 0 } ?? []
        let axis = try axis(outputAxes[index], extents.count + 1, operands)
        extents.insert(0, at: axis)
        states.append(.tensor(Tensor(zeros: Shape(extents), scalarType: info.scalarType)))
        continue
      }
      let axis = try axis(outputAxes[index], first.shape.rank + 1, operands)
      states.append(
        .tensor(
          try Tensor.stacked(
            outputReversals[index] == 1 ? tensors.reversed() : tensors, axis: axis,
            operands.place)))
    }
    return states
  }

  private func axis(
    _ given: Int, _ rank: Int, _ operands: ValueOperands
  ) throws(MRDLError) -> Int {
    let axis = given < 0 ? given + rank : given
    guard (0..<rank).contains(axis) else {
      throw operands.mismatch(
        "an axis is out of range", found: "\(given)", expected: "\(-rank) to \(rank - 1)")
    }
    return axis
  }
}
