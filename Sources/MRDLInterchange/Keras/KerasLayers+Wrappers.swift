internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// Applies a layer to every step: the steps become samples.
  static func timeDistributed(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard let inner = layer.config["layer"], let className = inner["class_name"]?.text,
      let config = inner["config"], x[0].rank > 2
    else { throw k.unsupported("TimeDistributed of nothing") }
    guard !KerasArchitecture.classNames.contains(className), known.contains(className) else {
      throw k.unsupported("TimeDistributed of \(className)")
    }
    guard let steps = x[0].extents[1],
      x[0].extents.dropFirst(2).allSatisfy({ $0 != nil })
    else { throw k.unsupported("TimeDistributed over an unknown number of steps") }
    let flat = k.emit(
      "Reshape",
      [x[0].name, k.integers([-1] + x[0].extents.dropFirst(2).map { $0 ?? 1 }, "shape")],
      extents: [nil] + x[0].extents.dropFirst(2))
    let results = try make(
      KerasLayer(className: className, config: config, inside: layer, part: ["layer"]), [flat], &k)
    var whole: [KerasValue] = []
    for result in results {
      guard result.extents.dropFirst().allSatisfy({ $0 != nil }) else {
        throw k.unsupported("TimeDistributed with a result of unknown size")
      }
      let rest = result.extents.dropFirst()
      whole.append(
        k.emit(
          "Reshape",
          [result.name, k.integers([-1, steps] + rest.map { $0 ?? 1 }, "shape")],
          extents: [x[0].extents[0], steps] + rest))
    }
    return whole
  }

  /// A recurrent layer that is made of a cell.
  static func cells(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard let cell = layer.config["cell"], let className = cell["class_name"]?.text,
      className.hasSuffix("Cell"), let config = cell["config"],
      let kind = KerasRecurrentKind(className: String(className.dropLast(4))),
      case .object(let members) = config.value, case .object(let outer) = layer.config.value
    else { throw k.unsupported("RNN of \(layer.config["cell"]?.name ?? "nothing")") }
    // What the layer says of steps goes before what the cell says of itself.
    let keys = Set(outer.map(\.key))
    let whole = KerasObject(.object(outer + members.filter { !keys.contains($0.key) }))
    let weights = try k.weights(layer, count: 2...3, part: ["cell"])
    return try run(
      kind, whole, weights, x, isReverse: layer.config.flag("go_backwards"), keepsOrder: false, &k)
  }

  /// Zeros the steps that hold one value alone, and says that they do not count.
  static func masking(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard x[0].rank == 3 else { throw k.unsupported("Masking of rank \(x[0].rank)") }
    let value = layer.config.number("mask_value", default: 0)
    let isValue = k.emit("Equal", [x[0].name, k.number(value, "mask_value")], outputCount: 1)[0]
    let differs = k.emit("Not", [isValue], outputCount: 1)[0]
    let counts = k.emit("Cast", [differs], attributes: ["to": .integer(1)], outputCount: 1)[0]
    let any = k.emit("ReduceMax", [counts, k.integers([-1])], outputCount: 1)[0]
    var y = k.emit("Mul", [x[0].name, any], extents: x[0].extents)
    let flat = k.emit("Squeeze", [any, k.integers([-1])], outputCount: 1)[0]
    y.mask = k.emit("Cast", [flat], attributes: ["to": .integer(9)], outputCount: 1)[0]
    return [y]
  }

  /// A recurrent layer where some steps do not count: they leave the state, and give what the step
  /// before gave.
  ///
  /// - Parameters:
  ///   - weights: the names of the weights, as the operator takes them after its input.
  ///   - keepsOrder: whether outputs of a sequence read backwards stand at the steps of their inputs.
  /// - Returns: the outputs of all steps, and the final states.
  static func maskedRecurrence(
    _ kind: KerasRecurrentKind, _ x: KerasValue, mask: String, weights: [String],
    attributes: [String: AttributeValue], units: Int, isReverse: Bool, keepsOrder: Bool,
    _ k: inout KerasImporter
  ) -> (sequence: KerasValue, states: [KerasValue]) {
    let stateCount = kind == .lstm ? 2 : 1
    // Zeros for each sample.
    let shape = k.emit("Shape", [x.name], attributes: ["end": .integer(1)], outputCount: 1)[0]
    let extents = k.emit(
      "Concat", [shape, k.integers([units], "units")], attributes: ["axis": .integer(0)],
      outputCount: 1)[0]
    let zeros = k.emit("ConstantOfShape", [extents], outputCount: 1)[0]

    var body = Graph(name: "step")
    var nodes: [Node] = []
    func inner(_ name: String) -> String { k.newInnerName("step/\(name)") }
    let states = (0..<stateCount).map { inner("state\($0)") }
    let (step, counts) = (inner("input"), inner("counts"))
    body.inputs =
      states.map { ValueInfo($0, .float32, nil) }
      + [ValueInfo(step, .float32, nil), ValueInfo(counts, .bool, nil)]
    let axis = k.integers([1])
    func unsqueezed(_ name: String) -> String {
      let result = inner(name.split(separator: "/").last.map { String($0) + "_1" } ?? "value")
      nodes.append(Node("Unsqueeze", inputs: [name, axis], outputs: [result]))
      return result
    }
    var operands = [unsqueezed(step)] + weights
    while operands.count < 5 { operands.append("") }
    operands += states.map { unsqueezed($0) }
    var forward = attributes
    forward["direction"] = .string("forward")
    let made = (0..<stateCount).map { inner("new\($0)") }
    nodes.append(
      Node(kind.rawValue, inputs: operands, outputs: [""] + made, attributes: forward))
    let condition = unsqueezed(counts)
    var results: [String] = []
    for (state, new) in zip(states, made) {
      let flat = inner("flat")
      let result = inner("result")
      nodes.append(Node("Squeeze", inputs: [new, axis], outputs: [flat]))
      nodes.append(Node("Where", inputs: [condition, flat, state], outputs: [result]))
      results.append(result)
    }
    let output = inner("output")
    nodes.append(Node("Identity", inputs: [results[0]], outputs: [output]))
    body.nodes = nodes
    body.outputs = (results + [output]).map { ValueInfo($0, .float32, nil) }

    let direction: Int64 = isReverse ? 1 : 0
    let outputs = k.emit(
      "Scan", [String](repeating: zeros, count: stateCount) + [x.name, mask],
      attributes: [
        "body": .graph(body), "num_scan_inputs": .integer(2), "scan_input_axes": .integers([1, 1]),
        "scan_input_directions": .integers([direction, direction]),
        "scan_output_axes": .integers([1]),
        "scan_output_directions": .integers([keepsOrder ? direction : 0]),
      ], outputCount: stateCount + 1)
    return (
      KerasValue(name: outputs[stateCount], extents: [x.extents[0], x.extents[1], units]),
      outputs.prefix(stateCount).map { KerasValue(name: $0, extents: [x.extents[0], units]) }
    )
  }
}
