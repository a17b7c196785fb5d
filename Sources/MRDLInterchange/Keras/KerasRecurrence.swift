internal import MRDLCore
internal import MRDLModel

/// A cell over the steps of a sequence, as a Scan: for masks, stacks, convolutions and activations that the
/// recurrent operators of ONNX do not have.
struct KerasRecurrence {
  let cell: any KerasCell
  /// Whether the last step comes first.
  var isReverse = false
  /// Whether the outputs stand in the opposite order to that in which they are made.
  var prepends = false
  /// Whether a step that does not count gives zeros, and not what the step before gave.
  var zeroesMasked = false

  /// - Parameters:
  ///   - x: the sequence [N, steps, …], with a mask [N, steps] maybe.
  ///   - initial: the states before the first step; empty for zeros.
  /// - Returns: the outputs of all steps, the last output, and the final states.
  func emit(
    _ x: KerasValue, initial: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> (sequence: KerasValue, last: KerasValue, states: [KerasValue]) {
    let stateExtents = cell.stateExtents.map { [x.extents[0]] + $0.map { Optional($0) } }
    guard initial.isEmpty || initial.count == stateExtents.count else {
      throw MRDLError(
        .badKeras, "a recurrent layer gets another number of states", found: "\(initial.count)",
        expected: "\(stateExtents.count)")
    }
    var starts = initial.map(\.name)
    if initial.isEmpty {
      let batch = k.emit(
        "Shape", [x.name], attributes: ["start": .integer(0), "end": .integer(1)], outputCount: 1)[
          0]
      for extents in cell.stateExtents {
        let shape = k.emit(
          "Concat", [batch, k.integers(extents, "state_shape")],
          attributes: ["axis": .integer(0)], outputCount: 1)[0]
        starts.append(k.emit("ConstantOfShape", [shape], outputCount: 1)[0])
      }
    }
    if let mask = x.mask, mask.rank != 2 {
      throw k.unsupported("a mask with \(mask.rank) axes in a recurrent layer")
    }

    var body = Graph(name: "step")
    let before = stateExtents.map {
      KerasValue(name: k.newInnerName("state"), extents: $0)
    }
    let input = KerasValue(
      name: k.newInnerName("input"), extents: [x.extents[0]] + x.extents.dropFirst(2))
    let counts = x.mask.map { _ in k.newInnerName("counts") }
    body.inputs = (before + [input]).map { ValueInfo($0.name, .float32, $0.shape) }
    if let counts { body.inputs.append(ValueInfo(counts, .bool, nil)) }
    var results: [String] = []
    body.nodes = try k.nodes { (k) throws(MRDLError) in
      let after = try cell.step(input, before, &k)
      guard let counts else {
        results = after.map(\.name) + [after[cell.outputState].name]
        // Each output of the body has a producer of its own.
        results = results.map { k.emit("Identity", [$0], outputCount: 1)[0] }
        return
      }
      for (old, new) in zip(before, after) {
        let condition = Self.column(counts, rank: new.rank, &k)
        results.append(k.emit("Where", [condition, new.name, old.name], outputCount: 1)[0])
      }
      let output = after[cell.outputState]
      let other = zeroesMasked ? k.number(0, "zero") : before[cell.outputState].name
      results.append(
        k.emit(
          "Where", [Self.column(counts, rank: output.rank, &k), output.name, other],
          outputCount: 1)[0])
    }
    body.outputs = zip(results, stateExtents + [stateExtents[cell.outputState]]).map {
      ValueInfo($0, .float32, KerasValue(name: $0, extents: $1).shape)
    }

    let inputs = [x.name] + (x.mask.map { [$0.name] } ?? [])
    let outputs = k.emit(
      "Scan", starts + inputs,
      attributes: [
        "body": .graph(body), "num_scan_inputs": .integer(Int64(inputs.count)),
        "scan_input_axes": .integers(inputs.map { _ in 1 }),
        "scan_input_directions": .integers(inputs.map { _ in isReverse ? 1 : 0 }),
        "scan_output_axes": .integers([1]),
        "scan_output_directions": .integers([prepends ? 1 : 0]),
      ], outputCount: starts.count + 1)
    let states = zip(outputs, stateExtents).map { KerasValue(name: $0, extents: $1) }
    let whole = stateExtents[cell.outputState]
    let sequence = KerasValue(
      name: outputs[starts.count], extents: [whole[0], x.extents[1]] + whole.dropFirst())
    var last = states[cell.outputState]
    if zeroesMasked, x.mask != nil {
      last = k.emit(
        "Gather", [sequence.name, k.add(Tensor(scalar: Int64(prepends ? 0 : -1)), "last")],
        attributes: ["axis": .integer(1)], extents: whole)
    }
    return (sequence, last, states)
  }

  /// Truth values [N] with as many axes as a state.
  private static func column(_ counts: String, rank: Int, _ k: inout KerasImporter) -> String {
    k.emit("Unsqueeze", [counts, k.integers(Array(1..<rank))], outputCount: 1)[0]
  }
}
