internal import MRDLCore
internal import MRDLModel

// What changed between the versions of ONNX's operators, and how an older node says the same in the
// newest one. The numbers are those of the operator set that brought the change.

extension ONNXImporter {
  /// The node in the words of the newest operator set: usually one node.
  ///
  /// - Parameters:
  ///   - version: the operator set that the node is written in.
  ///   - first: what the file tells of the first input.
  mutating func upgrade(
    _ node: Node, from version: Int, first: KnownValue
  ) throws(MRDLError) -> [Node] {
    switch node.domain {
    case "": break
    case Self.microsoftDomain: return try upgradeMicrosoft(node)
    case Self.previewDomain where node.operatorName == "FlexAttention":
      return try rewriteFlexAttention(node)
    default: return [node]
    }
    var node = node
    switch (node.operatorName, version) {
    case ("Squeeze", ..<13), ("Unsqueeze", ..<13), ("ReduceSum", ..<13),
      ("ReduceMax", ..<18), ("ReduceMin", ..<18), ("ReduceMean", ..<18), ("ReduceProd", ..<18),
      ("ReduceL1", ..<18), ("ReduceL2", ..<18), ("ReduceLogSum", ..<18),
      ("ReduceLogSumExp", ..<18), ("ReduceSumSquare", ..<18):
      moveIntegers("axes", of: &node, to: 1)
    case ("Reshape", ..<5): moveIntegers("shape", of: &node, to: 1)
    case ("Slice", ..<10):
      moveIntegers("starts", of: &node, to: 1)
      moveIntegers("ends", of: &node, to: 2)
      moveIntegers("axes", of: &node, to: 3)
    case ("Split", ..<18):
      if version < 13 { moveIntegers("split", of: &node, to: 1) }
      if node.inputs.count < 2 {
        node.attributes["num_outputs"] = .integer(Int64(node.outputs.count))
      }
    case ("TopK", ..<10):
      if case .integer(let count)? = node.attributes.removeValue(forKey: "k") {
        set(Tensor([count]), "k", asInput: 1, of: &node)
      }
    case ("Clip", ..<11):
      moveFloat("min", of: &node, to: 1)
      moveFloat("max", of: &node, to: 2)
      return withTypeOfFirstInput(node, [1, 2], first)
    case ("Pad", ..<11):
      moveIntegers("pads", of: &node, to: 1)
      moveFloat("value", of: &node, to: 2)
      return withTypeOfFirstInput(node, [2], first)
    case ("Dropout", ..<12):
      // In inference the ratio has no effect. These forms were for inference alone.
      node.attributes["ratio"] = nil
      node.attributes["seed"] = nil
    case ("BatchNormalization", ..<14):
      if case .integer(0)? = node.attributes.removeValue(forKey: "spatial") {
        throw unsupported(node, "spatial = 0")
      }
      if node.outputs.count > 1 { throw unsupported(node, "the outputs of training") }
    case ("Softmax", ..<13), ("LogSoftmax", ..<13), ("Hardmax", ..<13):
      return upgradeSoftmax(node, rank: first.rank)
    case ("Upsample", _):
      node.operatorName = "Resize"
      upgradeResizing(&node)
      if case .floats(let scales)? = node.attributes.removeValue(forKey: "scales") {
        set(Tensor(scales.map { Float($0) }), "scales", asInput: 2, of: &node)
      } else {
        node.inputs.insert("", at: 1)
      }
    case ("Resize", ..<11):
      upgradeResizing(&node)
      node.inputs.insert("", at: 1)
    case ("Scatter", _): node.operatorName = "ScatterElements"
    case ("RoiAlign", ..<16):
      node.attributes["coordinate_transformation_mode"] = .string("output_half_pixel")
    case ("GridSample", ..<20):
      switch node.attributes["mode"] {
      case .string("bilinear")?: node.attributes["mode"] = .string("linear")
      case .string("bicubic")?: node.attributes["mode"] = .string("cubic")
      default: break
      }
    case ("DFT", ..<20):
      var axis: Int64 = 1
      if case .integer(let value)? = node.attributes.removeValue(forKey: "axis") { axis = value }
      set(Tensor(scalar: axis), "axis", asInput: 2, of: &node)
    case ("GroupNormalization", ..<21):
      return try rewriteGroupNormalization(node)
    case ("Scan", ..<9): return try rewriteBatchedScan(node)
    // An operator of onnxruntime's in ONNX's own domain.
    case ("SimplifiedLayerNormalization", _) where node.outputs.count == 1:
      node.operatorName = "RMSNormalization"
    default: break
    }
    return [node]
  }

  private func unsupported(_ node: Node, _ what: String) -> MRDLError {
    MRDLError(
      .unsupportedONNX, "a node uses an old form of its operator that is not known",
      found: "\(node.operatorName), \(what)", at: Place(node.displayName))
  }

  /// Gives a node an input at a position, with empty names for those left out before it.
  private func set(_ name: String, asInput position: Int, of node: inout Node) {
    while node.inputs.count <= position { node.inputs.append("") }
    node.inputs[position] = name
  }

  private mutating func set(
    _ tensor: Tensor, _ name: String, asInput position: Int, of node: inout Node
  ) {
    let owner = node.name.isEmpty ? node.outputs.first ?? "" : node.name
    set(addConstant(tensor, owner + "." + name), asInput: position, of: &node)
  }

  private mutating func moveIntegers(_ name: String, of node: inout Node, to position: Int) {
    if case .integers(let values)? = node.attributes.removeValue(forKey: name) {
      set(Tensor(values), name, asInput: position, of: &node)
    }
  }

  private mutating func moveFloat(_ name: String, of node: inout Node, to position: Int) {
    if case .float(let value)? = node.attributes.removeValue(forKey: name) {
      set(Tensor(scalar: Float(value)), name, asInput: position, of: &node)
    }
  }

  /// Attributes are of type f32, while inputs must have the type of the first one.
  private mutating func withTypeOfFirstInput(
    _ node: Node, _ positions: [Int], _ first: KnownValue
  ) -> [Node] {
    guard first.scalarType != .float32 else { return [node] }
    var node = node
    var nodes: [Node] = []
    for position in positions where position < node.inputs.count && !node.inputs[position].isEmpty {
      let cast = newName(node.inputs[position] + ".cast")
      nodes.append(
        Node("CastLike", inputs: [node.inputs[position], node.inputs[0]], outputs: [cast]))
      node.inputs[position] = cast
    }
    return nodes + [node]
  }

  /// Before version 13 the axes from `axis` on, by default all but the first, were taken together.
  private mutating func upgradeSoftmax(_ node: Node, rank: Int?) -> [Node] {
    var node = node
    var axis: Int64 = 1
    if case .integer(let value)? = node.attributes["axis"] { axis = value }
    if axis == -1 || rank.map({ Int64($0) - 1 == axis }) == true {
      node.attributes["axis"] = .integer(-1)
      return [node]
    }
    guard let input = node.inputs.first, let output = node.outputs.first else { return [node] }
    let flat = newName(output + ".flat")
    let result = newName(output + ".result")
    let shape = newName(output + ".shape")
    node.inputs[0] = flat
    node.outputs[0] = result
    node.attributes["axis"] = .integer(-1)
    return [
      Node("Shape", inputs: [input], outputs: [shape]),
      Node(
        "Flatten", inputs: [input], outputs: [flat], attributes: ["axis": .integer(axis)]),
      node,
      Node("Reshape", inputs: [result, shape], outputs: [output]),
    ]
  }

  /// The first forms of resizing counted coordinates from the corner of the first pixel.
  private func upgradeResizing(_ node: inout Node) {
    node.attributes["coordinate_transformation_mode"] = .string("asymmetric")
    node.attributes["nearest_mode"] = .string("floor")
    // The first version of Upsample called it so.
    if node.attributes["mode"] == .string("bilinear") {
      node.attributes["mode"] = .string("linear")
    }
  }
}
