internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

// What is quantised is dequantised, computed as real numbers and quantised again, as QuantizeLinear and
// DequantizeLinear mean it; sums of products stay whole.

extension ONNXImporter {
  /// The real numbers of three inputs from an index on: data, scale and zero point.
  private mutating func dequantized(_ node: Node, _ index: Int) -> String {
    emit(
      "DequantizeLinear", [node.input(index), node.input(index + 1), node.input(index + 2)])
  }

  /// Quantises by two inputs from an index on: scale and zero point.
  ///
  /// - Parameter like: an input of the type that the result has where there is no zero point.
  private mutating func emitQuantized(
    _ value: String, _ node: Node, _ index: Int, like: Int = 0, to output: String? = nil
  ) {
    var attributes: [String: AttributeValue] = [:]
    if node.input(index + 1).isEmpty, let code = facts[node.input(like)]?.scalarType.onnxCode {
      attributes["output_dtype"] = .integer(Int64(code))
    }
    emit(
      "QuantizeLinear", [value, node.input(index), node.input(index + 1)], attributes,
      to: [output ?? node.output(0)])
  }

  mutating func emitQuantizedPair(_ node: Node, _ operatorName: String) {
    let (left, right) = (dequantized(node, 0), dequantized(node, 3))
    emitQuantized(emit(operatorName, [left, right]), node, 6)
  }

  mutating func emitQuantizedFunction(
    _ node: Node, _ operatorName: String, _ attributes: [String: AttributeValue] = [:]
  ) {
    emitQuantized(emit(operatorName, [dequantized(node, 0)], attributes), node, 3)
  }

  mutating func emitQuantizedSoftmax(_ node: Node) throws(MRDLError) {
    let x = dequantized(node, 0)
    let axis = node.integer("axis", default: -1)
    let isOld = node.integer("opset", default: 13) < 13
    if isOld, axis != -1, facts[x]?.rank.map({ Int64($0) - 1 }) != axis {
      throw unknownUse(node, "several axes taken together")
    }
    emitQuantized(emit("Softmax", [x], ["axis": .integer(isOld ? -1 : axis)]), node, 3)
  }

  mutating func emitQuantizedConcat(_ node: Node) {
    var parts: [String] = []
    for index in stride(from: 2, to: node.inputs.count, by: 3) {
      parts.append(dequantized(node, index))
    }
    emitQuantized(emit("Concat", parts, node.attributes("axis")), node, 0, like: 2)
  }

  mutating func emitQuantizedWhere(_ node: Node) {
    let (x, y) = (dequantized(node, 1), dequantized(node, 4))
    emitQuantized(emit("Where", [node.input(0), x, y]), node, 7, like: 1)
  }

  mutating func emitQuantizedPool(_ node: Node) throws(MRDLError) {
    var x = dequantized(node, 0)
    let orders = try channelsLast(node)
    if let orders { x = transpose(x, orders.toFirst) }
    var attributes = node.attributes
    attributes["channels_last"] = nil
    var y = emit(String(node.operatorName.dropFirst("QLinear".count)), [x], attributes)
    if let orders { y = transpose(y, orders.toLast) }
    emitQuantized(y, node, 3)
  }

  mutating func emitQuantizedConv(_ node: Node) throws(MRDLError) {
    var attributes = node.attributes
    attributes["channels_last"] = nil
    guard let orders = try channelsLast(node) else {
      return emit("QLinearConv", node.inputs, attributes, to: node.outputs)
    }
    var inputs = node.inputs
    inputs[0] = transpose(inputs[0], orders.toFirst)
    let y = emit("QLinearConv", inputs, attributes)
    emit("Transpose", [y], ["perm": .integers(orders.toLast)], to: node.outputs)
  }

  /// A node on data with the channels last, by an operator that wants them second.
  mutating func emitChannelsLast(_ node: Node, _ operatorName: String) throws(MRDLError) {
    let orders = try channelOrders(node)
    let x = transpose(node.input(0), orders.toFirst)
    let y = emit(operatorName, [x], node.attributes)
    emit("Transpose", [y], ["perm": .integers(orders.toLast)], to: node.outputs)
  }

  /// Permutations between channels last and second; nil where they are second already.
  private func channelsLast(
    _ node: Node
  ) throws(MRDLError) -> (toFirst: [Int64], toLast: [Int64])? {
    node.integer("channels_last", default: 0) == 0 ? nil : try channelOrders(node)
  }

  private func channelOrders(
    _ node: Node
  ) throws(MRDLError) -> (toFirst: [Int64], toLast: [Int64]) {
    let spatial = node.integers("kernel_shape")?.count
    guard let rank = facts[node.input(0)]?.rank ?? spatial.map({ $0 + 2 }), rank > 2 else {
      throw unknownUse(node, "an input whose number of axes is not known")
    }
    let count = Int64(rank)
    return ([0, count - 1] + Array(1..<(count - 1)), [0] + Array(2..<count) + [1])
  }

  // MARK: Products

  /// A product of whole numbers as real ones: (A − zero)·(B − zero)·scale, then the bias.
  private mutating func emitScaledProduct(
    _ node: Node, _ a: String, _ b: String, zeros: (String, String), scale: String, bias: String
  ) {
    let whole = emit("MatMulInteger", [a, b, zeros.0, zeros.1])
    let real = emit("Cast", [whole], ["to": .integer(Int64(ScalarType.float32.onnxCode ?? 0))])
    guard !bias.isEmpty else { return emit("Mul", [real, scale], to: node.outputs) }
    emit("Add", [emit("Mul", [real, scale]), bias], to: node.outputs)
  }

  mutating func emitDynamicQuantizeMatMul(_ node: Node) {
    let parts = emit("DynamicQuantizeLinear", [node.input(0)], outputCount: 3)
    let scale = emit("Mul", [parts[1], node.input(2)])
    emitScaledProduct(
      node, parts[0], node.input(1), zeros: (parts[2], node.input(3)), scale: scale,
      bias: node.input(4))
  }

  mutating func emitMatMulIntegerToFloat(_ node: Node) {
    let scale = emit("Mul", [node.input(2), node.input(3)])
    emitScaledProduct(
      node, node.input(0), node.input(1), zeros: (node.input(4), node.input(5)), scale: scale,
      bias: node.input(6))
  }

  mutating func emitQuantizedGemm(_ node: Node) throws(MRDLError) {
    func turned(_ index: Int, _ name: String) -> String {
      node.integer(name, default: 0) == 0
        ? node.input(index) : transpose(node.input(index), [1, 0])
    }
    let (a, b) = (turned(0, "transA"), turned(3, "transB"))
    var whole = emit("MatMulInteger", [a, b, node.input(2), node.input(5)])
    if !node.input(6).isEmpty { whole = emit("Add", [whole, node.input(6)]) }
    var scale = emit("Mul", [node.input(1), node.input(4)])
    let alpha = node.float("alpha", default: 1)
    if alpha != 1 { scale = emit("Mul", [scale, number(alpha, like: scale)]) }
    let real = cast(whole, to: .float32)
    guard !node.input(7).isEmpty else { return emit("Mul", [real, scale], to: node.outputs) }
    emitQuantized(emit("Mul", [real, scale]), node, 7)
  }

  /// Weights of few bits, in blocks along the depth with a scale each: a tensor of the model is taken as what it
  /// is, whole numbers side by side in bytes.
  mutating func emitMatMulNBits(_ node: Node) throws(MRDLError) {
    guard node.input(4).isEmpty else { throw unknownUse(node, "g_idx") }
    try checkUnused(node, ["weight_prepacked"])
    let bits = Int(node.integer("bits", default: 4))
    let depth = Int(clamping: node.integer("K", default: 0))
    let columns = Int(clamping: node.integer("N", default: 0))
    let block = Int(clamping: node.integer("block_size", default: 0))
    let types: [Int: ScalarType] = [2: .uint2, 4: .uint4, 8: .uint8]
    let limit = 1 << 30
    guard let type = types[bits], (1...limit).contains(depth), (1...limit).contains(columns),
      (8...limit).contains(block), block & (block - 1) == 0
    else {
      throw unknownUse(node, "\(bits) bits, K \(depth), N \(columns), blocks of \(block)")
    }
    let blockCount = (depth + block - 1) / block
    var weights = try packed(
      node.input(1), type, [columns, blockCount * block], rowByteCount: nil, of: node)
    let scales = reshape(node.input(2), [Int64(columns), Int64(blockCount)])
    let zeros = node.input(3)
    let attributes: [String: AttributeValue] = [
      "axis": .integer(1), "block_size": .integer(Int64(block)),
    ]
    if zeros.isEmpty {
      // In the middle of the range.
      var tensor = Tensor(zeros: Shape([columns, blockCount]), scalarType: type)
      let pattern: UInt8 = bits == 8 ? 0x80 : bits == 4 ? 0x88 : 0xAA
      tensor.withUnsafeMutableBytes { bytes in
        for index in bytes.indices { bytes[index] = pattern }
      }
      weights = emit(
        "DequantizeLinear", [weights, scales, addConstant(tensor, "zeros")], attributes)
    } else if facts[zeros]?.scalarType ?? tensors[zeros]?.info.scalarType == .uint8 {
      let packedZeros = try packed(
        zeros, type, [columns, blockCount], rowByteCount: (blockCount * bits + 7) / 8, of: node)
      weights = emit("DequantizeLinear", [weights, scales, packedZeros], attributes)
    } else {
      // Zero points that are real numbers: (weight − zero) · scale.
      let blocks = [Int64(columns), Int64(blockCount)]
      let values = reshape(
        emit("CastLike", [weights, scales]), blocks + [Int64(block)])
      let shifted = emit("Sub", [values, reshape(zeros, blocks + [1])])
      let scaled = emit("Mul", [shifted, unsqueeze(scales, [2])])
      weights = reshape(scaled, [Int64(columns), -1])
    }
    if blockCount * block != depth {
      weights = emit(
        "Slice", [weights, integers([0]), integers([Int64(depth)]), integers([1])])
    }
    let right = transpose(weights, [1, 0])
    guard !node.input(5).isEmpty else {
      return emit("MatMul", [node.input(0), right], to: node.outputs)
    }
    emit("Add", [emit("MatMul", [node.input(0), right]), node.input(5)], to: node.outputs)
  }

  /// A tensor of the model whose bytes are numbers of fewer bits.
  ///
  /// - Parameter rowByteCount: the bytes of a row, where rows begin with a byte of their own.
  private mutating func packed(
    _ name: String, _ type: ScalarType, _ extents: [Int], rowByteCount: Int?, of node: Node
  ) throws(MRDLError) -> String {
    guard let tensor = tensors[name], tensor.info.scalarType == .uint8,
      let shape = Shape(checking: extents),
      let byteCount = type.byteCount(elementCount: shape.elementCount)
    else { throw unknownUse(node, "weights that are not constant bytes") }
    let found = tensor.info.shape.elementCount
    let expected = rowByteCount?.multipliedChecked(by: extents[0]) ?? byteCount
    guard found == expected else {
      throw MRDLError(
        .badONNX, "packed weights have not as many bytes as the node needs", found: "\(found)",
        expected: "\(expected)", at: Place(node.displayName))
    }
    let isDense = expected == byteCount
    let newName = newName(name + ".packed")
    let info = TensorInfo(newName, type, shape)
    let bits = type.bitWidth
    tensors[newName] = ModelTensor(
      info,
      source: VerifiedTensorSource(digest: nil, place: Place(newName)) { () throws(MRDLError) in
        let bytes = try tensor.load()
        if isDense {
          return try Tensor(
            type, shape: shape, storage: bytes.storage, byteOffset: bytes.byteOffset)
        }
        // Rows that end inside a byte are put side by side.
        var result = Tensor(zeros: shape, scalarType: type)
        let source = bytes.elements(as: UInt8.self)
        let (columns, perByte) = (extents[1], 8 / bits)
        let mask = UInt8((1 << bits) - 1)
        result.withUnsafeMutableBytes { target in
          for row in 0..<extents[0] {
            for column in 0..<columns {
              let from = row * (rowByteCount ?? 0) + column / perByte
              let number = source[from] >> UInt8(column % perByte * bits) & mask
              let element = row * columns + column
              target[element / perByte] |= number << UInt8(element % perByte * bits)
            }
          }
        }
        return result
      })
    return newName
  }

  // MARK: Recurrence

  /// An LSTM with quantised weights [D, I, 4·H]. The states are not rounded to eight bits on the way.
  mutating func emitDynamicQuantizeLSTM(_ node: Node) throws(MRDLError) {
    func weights(_ index: Int, _ scale: Int) -> String {
      func broadcast(_ name: String) -> String {
        // [D] or [D, 4·H] over [D, I, 4·H].
        reshape(name, [0, 1, -1])
      }
      let difference = emit(
        "Sub",
        [
          cast(node.input(index), to: .float32),
          broadcast(cast(node.input(scale + 1), to: .float32)),
        ])
      return transpose(emit("Mul", [difference, broadcast(node.input(scale))]), [0, 2, 1])
    }
    var inputs = Array(node.inputs.prefix(8))
    inputs[1] = weights(1, 8)
    inputs[2] = weights(2, 10)
    emit("LSTM", inputs, node.attributes, to: node.outputs)
  }
}
