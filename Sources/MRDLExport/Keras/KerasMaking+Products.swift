internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

extension KerasMaking {
  private static func dense(
    _ name: String, _ x: KerasTensor, kernel: Tensor, bias: Tensor?, extents: [Int?],
    _ k: inout KerasExporter
  ) -> KerasTensor {
    var weights = [KerasLayerRecord.Weight(part: nil, name: "kernel", tensor: kernel)]
    if let bias { weights.append(KerasLayerRecord.Weight(part: nil, name: "bias", tensor: bias)) }
    return k.emit(
      "Dense", name,
      ["units": .integer(Int64(kernel.shape[1])), "use_bias": .bool(bias != nil)], [x],
      weights: weights, extents: extents)
  }

  private static func scaled(_ tensor: Tensor, _ factor: Double) throws(MRDLError) -> Tensor {
    let real = try tensor.cast(to: .float32)
    guard factor != 1 else { return real }
    return Tensor(real.elements(as: Float.self).map { $0 * Float(factor) }, shape: real.shape)
  }

  static func gemm(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    guard integer(node, "transA", default: 0) == 0, let given = try k.constantInput(1, of: node)
    else { throw k.refusal("a product of two values by Gemm") }
    var kernel = try scaled(given, number(node, "alpha", default: 1))
    if integer(node, "transB", default: 0) == 1 {
      kernel = try KerasWeightOrder.permuted(kernel, [1, 0])
    }
    var bias: Tensor?
    if let given = try k.constantInput(2, of: node) {
      guard given.shape.dimensions.dropLast().allSatisfy({ $0 == 1 }) else {
        throw k.refusal("a bias that differs along the batch")
      }
      let values = try scaled(given, number(node, "beta", default: 1)).elements(as: Float.self)
      let units = kernel.shape[1]
      bias = Tensor(values.count == units ? values : [Float](repeating: values[0], count: units))
    }
    let x = try k.plain(node.inputs[0])
    k.define(
      node.outputs[0],
      dense(
        name(node), x, kernel: kernel, bias: bias,
        extents: try k.knownExtents(of: node.outputs[0]), &k))
  }

  static func matMul(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let output = try k.knownExtents(of: node.outputs[0])
    if let kernel = try k.constant(node.inputs[1]), kernel.shape.rank == 2,
      try k.constant(node.inputs[0]) == nil
    {
      let x = try k.plain(node.inputs[0])
      if x.rank > 1 {
        return k.define(
          node.outputs[0],
          dense(
            name(node), x, kernel: try kernel.cast(to: .float32), bias: nil,
            extents: output, &k))
      }
    }
    var operands: [KerasExporter.Operand] = []
    for name in node.inputs {
      if let constant = try k.constant(name) {
        operands.append(.constant(constant))
      } else {
        operands.append(.tensor(try k.plain(name)))
      }
    }
    let type = k.facts[node.outputs[0]]?.scalarType ?? .float32
    k.define(
      node.outputs[0],
      try k.emitOperation("Matmul", name(node), [:], operands, outputs: [output], type: type)[0])
  }

  // MARK: Normalisation

  private static func part(_ name: String, _ tensor: Tensor) throws(MRDLError)
    -> KerasLayerRecord.Weight
  {
    KerasLayerRecord.Weight(part: nil, name: name, tensor: try tensor.cast(to: .float32))
  }

  static func batchNormalization(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    guard node.outputs.count == 1, integer(node, "training_mode", default: 0) == 0 else {
      throw k.refusal("BatchNormalization in training mode")
    }
    var weights: [KerasLayerRecord.Weight] = []
    for (index, name) in ["gamma", "beta", "moving_mean", "moving_variance"].enumerated() {
      if let tensor = try k.constantInput(index + 1, of: node) {
        weights.append(try part(name, tensor))
      }
    }
    let x = try k.channelsLast(node.inputs[0])
    let made = k.emit(
      "BatchNormalization", name(node),
      [
        "axis": .integer(-1), "momentum": .number(0.99),
        "epsilon": .number(number(node, "epsilon", default: 1e-5)), "center": .bool(true),
        "scale": .bool(true),
      ], [x], weights: weights, extents: x.extents)
    k.define(node.outputs[0], channelsLast: made)
  }

  /// The axes from the given one on, as Keras counts them.
  private static func lastAxes(_ node: Node, _ rank: Int, _ k: KerasExporter) throws(MRDLError)
    -> JSONValue
  {
    let axis = try axis(integer(node, "axis", default: -1), rank: rank, k)
    guard axis == rank - 1 || k.permitsOperations else {
      // Keras itself cannot load those.
      throw k.refusal("a normalisation over several axes in an HDF5 file")
    }
    return axis == rank - 1 ? .integer(-1) : .integers(axis..<rank)
  }

  static func layerNormalization(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let x = try k.plain(node.inputs[0])
    let axes = try lastAxes(node, x.rank, k)
    guard node.outputs.count == 1, let scale = try k.constantInput(1, of: node) else {
      throw k.refusal("the statistics of LayerNormalization")
    }
    var weights = [try part("gamma", scale)]
    let bias = try k.constantInput(2, of: node)
    if let bias { weights.append(try part("beta", bias)) }
    let made = k.emit(
      "LayerNormalization", name(node),
      [
        "axis": axes, "epsilon": .number(number(node, "epsilon", default: 1e-5)),
        "center": .bool(bias != nil), "scale": .bool(true),
      ], [x], weights: weights, extents: x.extents)
    k.define(node.outputs[0], made)
  }

  static func rmsNormalization(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let x = try k.plain(node.inputs[0])
    let axes = try lastAxes(node, x.rank, k)
    guard let scale = try k.constantInput(1, of: node) else { return }
    let made = k.emit(
      "RMSNormalization", name(node),
      ["axis": axes, "epsilon": .number(number(node, "epsilon", default: 1e-5))], [x],
      weights: [try part("scale", scale)], extents: x.extents)
    k.define(node.outputs[0], made)
  }

  static func groupNormalization(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    guard let scale = try k.constantInput(1, of: node), let bias = try k.constantInput(2, of: node)
    else { return }
    let x = try k.channelsLast(node.inputs[0])
    let made = k.emit(
      "GroupNormalization", name(node),
      [
        "groups": .integer(Int64(integer(node, "num_groups", default: 1))), "axis": .integer(-1),
        "epsilon": .number(number(node, "epsilon", default: 1e-5)), "center": .bool(true),
        "scale": .bool(true),
      ], [x], weights: [try part("gamma", scale), try part("beta", bias)], extents: x.extents)
    k.define(node.outputs[0], channelsLast: made)
  }
}
