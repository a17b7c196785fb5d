public import MRDLCore
internal import MRDLModel

/// A graph over the slices of sequences of a known length: the nodes of the graph once for each slice.
public enum ScanRule: ExpansionRule {
  public static let operatorName = "Scan"

  /// More steps than these are not written out.
  static let largestCount = 4096

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let body = try step.graph("body")
    let scannedCount = step.integer("num_scan_inputs") ?? 0
    let stateCount = body.inputs.count - scannedCount
    guard scannedCount > 0, stateCount >= 0, body.outputs.count >= stateCount else {
      throw step.refusal("the graph has another number of inputs")
    }
    func list(_ name: String, _ count: Int) -> [Int] {
      step.integers(name) ?? [Int](repeating: 0, count: count)
    }
    let outputCount = body.outputs.count - stateCount
    let axes = list("scan_input_axes", scannedCount)
    let isReversed = list("scan_input_directions", scannedCount)
    let outputAxes = list("scan_output_axes", outputCount)
    let outputReversals = list("scan_output_directions", outputCount)
    let rank = try step.shape(stateCount).rank
    let length = try step.extent(stateCount, axes[0] < 0 ? axes[0] + rank : axes[0])
    guard (1...largestCount).contains(length) else {
      throw step.refusal("the graph would be written out \(length) times")
    }
    var states = Array(step.inputNames.prefix(stateCount))
    var scanned = [[String]](repeating: [], count: outputCount)
    for index in 0..<length {
      var inputs = states
      for (input, axis) in axes.enumerated() {
        let position = isReversed[input] == 1 ? length - 1 - index : index
        let place = step.constant(Tensor([Int64(position)], shape: .scalar))
        inputs.append(
          step.add(
            "Gather", [step.inputNames[stateCount + input], place],
            ["axis": .integer(Int64(axis))]))
      }
      let results = step.inline(body, inputs: inputs)
      states = Array(results.prefix(stateCount))
      for output in 0..<outputCount { scanned[output].append(results[stateCount + output]) }
    }
    for (index, state) in states.enumerated() { step.setOutput(index, to: state) }
    for (index, slices) in scanned.enumerated() where step.isWanted(stateCount + index) {
      let inOrder = outputReversals[index] == 1 ? slices.reversed() : slices
      step.setOutput(stateCount + index, to: step.stack(inOrder, axis: outputAxes[index]))
    }
  }
}
