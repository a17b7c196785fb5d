internal import MRDLCore
internal import MRDLModel

extension ONNXImporter {
  /// Scan of operator set 8, which runs over a batch too: a Scan over the batch whose body is a Scan over the
  /// steps.
  ///
  /// Where an input tells the lengths of the sequences, the outer Scan takes them as one more input: its body
  /// cuts what is scanned to the length of the sequence, so that directions count from its end, and fills
  /// the results with zeros up to the longest one.
  mutating func rewriteBatchedScan(_ node: Node) throws(MRDLError) -> [Node] {
    guard case .graph(let body)? = node.attributes["body"],
      case .integer(let scanned)? = node.attributes["num_scan_inputs"],
      let scannedCount = Int(exactly: scanned),
      (1...max(body.inputs.count, 1)).contains(scannedCount),
      body.outputs.count >= body.inputs.count - scannedCount
    else { return [node] }
    let stateCount = body.inputs.count - scannedCount
    var inner = node
    inner.name = ""
    inner.inputs = body.inputs.map { newName($0.name + ".batch") }
    inner.outputs = body.outputs.map { newName($0.name + ".batch") }
    if let directions = inner.attributes.removeValue(forKey: "directions") {
      inner.attributes["scan_input_directions"] = directions
    }
    func border(_ values: [ValueInfo], _ names: [String]) -> [ValueInfo] {
      zip(values, names).enumerated().map { index, pair in
        let (value, name) = pair
        var shape = value.shape
        if index >= stateCount { shape?.dimensions.insert(.unknown, at: 0) }
        return ValueInfo(name, value.scalarType, shape, kind: value.kind)
      }
    }
    var outer = node
    var graph = Graph(
      name: body.name, inputs: border(body.inputs, inner.inputs),
      outputs: border(body.outputs, inner.outputs), nodes: [inner])
    if node.input(0).isEmpty {
      outer.inputs.removeFirst()
    } else {
      // States come before what is scanned.
      outer.inputs.append(outer.inputs.removeFirst())
      let length = newName(node.input(0) + ".batch")
      graph.inputs.append(ValueInfo(length, .int64, []))
      graph.nodes = cutToLength(inner, length, stateCount: stateCount)
    }
    outer.attributes = [
      "num_scan_inputs": .integer(Int64(graph.inputs.count)), "body": .graph(graph),
    ]
    return [outer]
  }

  /// A Scan over the first steps of its inputs, with as many as the longest sequence has in its outputs.
  ///
  /// - Parameter length: the number of steps, a tensor without axes.
  private mutating func cutToLength(
    _ scan: Node, _ length: String, stateCount: Int
  ) -> [Node] {
    emitted = []
    var scan = scan
    let (count, zero) = (reshape(length, [1]), integers([0]))
    let missing = emit("Sub", [extent(scan.inputs[stateCount], axis: 0), count])
    for index in stateCount..<scan.inputs.count {
      scan.inputs[index] = emit("Slice", [scan.inputs[index], zero, count, zero])
    }
    let pads = emit("Concat", [zero, missing], ["axis": .integer(0)])
    var padding: [(short: String, full: String)] = []
    for index in stateCount..<scan.outputs.count {
      let short = newName(scan.outputs[index] + ".short")
      padding.append((short, scan.outputs[index]))
      scan.outputs[index] = short
    }
    emitted.append(scan)
    for (short, full) in padding { emit("Pad", [short, pads, "", zero], to: [full]) }
    defer { emitted = [] }
    return emitted
  }
}
