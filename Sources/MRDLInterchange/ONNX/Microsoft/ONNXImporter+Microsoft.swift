internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

// Operators of onnxruntime's own domain com.microsoft, in which it and its tools write models: each is said in
// ONNX's words. One that is not known here stays as it is and is refused by name when the model runs.

extension ONNXImporter {
  static let microsoftDomain = "com.microsoft"

  /// The nodes that say what a node of `com.microsoft` says.
  ///
  /// - Throws: `MRDL6005` for a use of an operator that is not known.
  mutating func upgradeMicrosoft(_ node: Node) throws(MRDLError) -> [Node] {
    emitted = []
    guard try emitMicrosoft(node) else { return [node] }
    defer { emitted = [] }
    if emitted.count == 1 { emitted[0].name = node.name }
    return emitted
  }

  private mutating func emitMicrosoft(_ node: Node) throws(MRDLError) -> Bool {
    switch node.operatorName {
    case "FusedConv": try emitFusedConv(node)
    case "FusedGemm": try emitFusedGemm(node)
    case "FusedMatMul", "TransposeMatMul": try emitFusedMatMul(node)
    case "Gelu": emit("Gelu", node.inputs, to: node.outputs)
    case "BiasGelu": emitBiasGelu(node, approximate: "none")
    case "FastGelu": emitBiasGelu(node, approximate: "tanh")
    case "QuickGelu":
      emit(
        "Swish", node.inputs, ["alpha": .float(node.float("alpha", default: 1.702))],
        to: node.outputs)
    case "SkipLayerNormalization": try emitSkipNormalization(node, isSimplified: false)
    case "SkipSimplifiedLayerNormalization": try emitSkipNormalization(node, isSimplified: true)
    case "EmbedLayerNormalization": try emitEmbedding(node)
    case "Attention": try emitAttention(node)
    case "QAttention": try emitQuantizedAttention(node)
    case "MultiHeadAttention": try emitMultiHeadAttention(node)
    case "GroupQueryAttention": try emitGroupQueryAttention(node)
    case "RotaryEmbedding": try emitRotaryEmbedding(node)
    case "MatMulNBits": try emitMatMulNBits(node)
    case "DynamicQuantizeMatMul": emitDynamicQuantizeMatMul(node)
    case "MatMulIntegerToFloat": emitMatMulIntegerToFloat(node)
    case "DynamicQuantizeLSTM": try emitDynamicQuantizeLSTM(node)
    case "QGemm": try emitQuantizedGemm(node)
    case "QLinearAdd": emitQuantizedPair(node, "Add")
    case "QLinearMul": emitQuantizedPair(node, "Mul")
    case "QLinearSigmoid": emitQuantizedFunction(node, "Sigmoid")
    case "QLinearLeakyRelu":
      emitQuantizedFunction(node, "LeakyRelu", node.attributes("alpha"))
    case "QLinearSoftmax": try emitQuantizedSoftmax(node)
    case "QLinearAveragePool", "QLinearGlobalAveragePool": try emitQuantizedPool(node)
    case "QLinearConcat": emitQuantizedConcat(node)
    case "QLinearWhere": emitQuantizedWhere(node)
    case "QLinearConv": try emitQuantizedConv(node)
    case "NhwcMaxPool": try emitChannelsLast(node, "MaxPool")
    case "QuantizeLinear", "DequantizeLinear", "Trilu", "Range", "GatherND":
      emit(node.operatorName, node.inputs, node.attributes, to: node.outputs)
    case "GridSample":
      var attributes = node.attributes
      for (old, new) in [("bilinear", "linear"), ("bicubic", "cubic")]
      where attributes["mode"] == .string(old) { attributes["mode"] = .string(new) }
      emit("GridSample", node.inputs, attributes, to: node.outputs)
    case "Pad":
      let pads = reshape(node.input(1), [-1])
      emit("Pad", [node.input(0), pads, node.input(2)], node.attributes, to: node.outputs)
    case "Unique":
      emit(
        "Unique", node.inputs, ["sorted": .integer(0)],
        to: [node.output(0), "", node.output(1), node.output(2)])
    case "ExpandDims":
      let axis = reshape(cast(node.input(1), to: .int64), [1])
      emit("Unsqueeze", [node.input(0), axis], to: node.outputs)
    default: return false
    }
    return true
  }

  /// An error for a use of an operator that is not known.
  func unknownUse(_ node: Node, _ what: String) -> MRDLError {
    MRDLError(
      .unsupportedONNX, "a use of an operator is not known",
      found: "\(node.qualifiedOperatorName), \(what)", at: Place(node.displayName))
  }

  /// Refuses attributes that are there and not among the given ones, and are no longer 0 or empty.
  func checkUnused(_ node: Node, _ names: [String]) throws(MRDLError) {
    for name in names {
      switch node.attributes[name] {
      case nil, .integer(0)?, .float(0)?: continue
      default: throw unknownUse(node, name)
      }
    }
  }

  // MARK: Fused with activations

  private mutating func emitActivation(
    _ name: String, _ numbers: [Double], _ input: String, of node: Node
  ) throws(MRDLError) {
    func number(_ index: Int, _ otherwise: Double) -> AttributeValue {
      .float(index < numbers.count ? numbers[index] : otherwise)
    }
    switch name {
    case "Relu", "Sigmoid", "Tanh", "Softplus", "Softsign": emit(name, [input], to: node.outputs)
    case "LeakyRelu":
      emit(name, [input], ["alpha": number(0, 0.01)], to: node.outputs)
    case "Elu": emit(name, [input], ["alpha": number(0, 1)], to: node.outputs)
    case "HardSigmoid":
      emit(name, [input], ["alpha": number(0, 0.2), "beta": number(1, 0.5)], to: node.outputs)
    case "Clip" where numbers.count == 2:
      let bounds = numbers.map { self.number($0, like: input) }
      emit(name, [input] + bounds, to: node.outputs)
    default: throw unknownUse(node, "activation \(name)")
    }
  }

  private mutating func emitFusedConv(_ node: Node) throws(MRDLError) {
    let attributes = node.attributes(
      "auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")
    var result = emit("Conv", Array(node.inputs.prefix(3)), attributes)
    if !node.input(3).isEmpty { result = emit("Add", [result, node.input(3)]) }
    guard let activation = node.string("activation") else {
      return emit("Identity", [result], to: node.outputs)
    }
    try emitActivation(activation, node.floats("activation_params"), result, of: node)
  }

  private mutating func emitFusedGemm(_ node: Node) throws(MRDLError) {
    let result = emit("Gemm", node.inputs, node.attributes("alpha", "beta", "transA", "transB"))
    guard let activation = node.string("activation"), !activation.isEmpty else {
      return emit("Identity", [result], to: node.outputs)
    }
    var numbers: [Double] = []
    for name in ["activation_alpha", "activation_beta"] {
      if case .float(let number)? = node.attributes[name] { numbers.append(number) }
    }
    try emitActivation(activation, numbers, result, of: node)
  }

  private mutating func emitFusedMatMul(_ node: Node) throws(MRDLError) {
    var inputs = node.inputs
    for (index, letter) in ["A", "B"].enumerated() {
      let turnsBatch = node.integer("transBatch\(letter)", default: 0) != 0
      let turns = node.integer("trans\(letter)", default: 0) != 0
      guard turns || turnsBatch else { continue }
      guard let rank = facts[node.input(index)]?.rank else {
        throw unknownUse(node, "a transposed input whose number of axes is not known")
      }
      if rank < 2 { continue }
      var order = (0..<Int64(rank)).map { $0 }
      // The first axis goes behind the others of the batch, then maybe the last two change places.
      if turnsBatch && rank > 2 { order.insert(order.removeFirst(), at: rank - 2) }
      if turns { order.swapAt(rank - 2, rank - 1) }
      inputs[index] = transpose(inputs[index], order)
    }
    let alpha = node.float("alpha", default: 1)
    guard alpha != 1 else { return emit("MatMul", inputs, to: node.outputs) }
    let product = emit("MatMul", inputs)
    emit("Mul", [product, number(alpha, like: product)], to: node.outputs)
  }

  private mutating func emitBiasGelu(_ node: Node, approximate: String) {
    let sum =
      node.input(1).isEmpty ? node.input(0) : emit("Add", [node.input(0), node.input(1)])
    emit("Gelu", [sum], ["approximate": .string(approximate)], to: node.outputs)
  }

  // MARK: Normalisation

  private mutating func emitSkipNormalization(
    _ node: Node, isSimplified: Bool
  ) throws(MRDLError) {
    let biasIndex = isSimplified ? 3 : 4
    let epsilon: [String: AttributeValue] = [
      "epsilon": .float(node.float("epsilon", default: 1e-12)), "axis": .integer(-1),
    ]
    var sum = emit("Add", [node.input(0), node.input(1)])
    if !node.input(biasIndex).isEmpty { sum = emit("Add", [sum, node.input(biasIndex)]) }
    if isSimplified {
      guard node.output(1).isEmpty, node.output(2).isEmpty else {
        throw unknownUse(node, "the statistics of training")
      }
      emit("RMSNormalization", [sum, node.input(2)], epsilon, to: [node.output(0)])
    } else {
      var outputs = Array(node.outputs.prefix(3))
      while outputs.last?.isEmpty == true { outputs.removeLast() }
      emit("LayerNormalization", [sum, node.input(2), node.input(3)], epsilon, to: outputs)
    }
    if !node.output(3).isEmpty { emit("Identity", [sum], to: [node.output(3)]) }
  }

  private mutating func emitEmbedding(_ node: Node) throws(MRDLError) {
    let ids = node.input(0)
    var sum = emit("Gather", [node.input(2), ids])
    if node.input(8).isEmpty {
      let steps = extent(ids, axis: 1)
      let positions = emit("Slice", [node.input(3), integers([0]), steps, integers([0])])
      sum = emit("Add", [sum, positions])
    } else {
      sum = emit("Add", [sum, emit("Gather", [node.input(3), node.input(8)])])
    }
    if !node.input(1).isEmpty && !node.input(4).isEmpty {
      sum = emit("Add", [sum, emit("Gather", [node.input(4), node.input(1)])])
    }
    emit(
      "LayerNormalization", [sum, node.input(5), node.input(6)],
      ["epsilon": .float(node.float("epsilon", default: 1e-12)), "axis": .integer(-1)],
      to: [node.output(0)])
    if !node.output(1).isEmpty {
      // How many words of each text there are.
      let mask = node.input(7)
      let counted = emit(
        "ReduceSum",
        [mask.isEmpty ? emit("Sub", [ids, ids]) : mask, integers([1])], ["keepdims": .integer(0)])
      let type = Int64(ScalarType.int32.onnxCode ?? 0)
      emit("Cast", [counted], ["to": .integer(type)], to: [node.output(1)])
    }
    if !node.output(2).isEmpty { emit("Identity", [sum], to: [node.output(2)]) }
  }
}
