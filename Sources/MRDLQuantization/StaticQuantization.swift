package import MRDLCore
package import MRDLModel
internal import MRDLOperators
internal import MRDLRuntime

/// A model whose convolutions and products are computed in whole numbers of eight bits.
///
/// Weights become i8 with a scale for each output channel and no zero point, the inputs of the layers u8 with one
/// scale and zero point each, biases i32 in the scale of the sums. What results is a graph of ONNX with
/// QuantizeLinear and DequantizeLinear around the layers, which the runtime fuses with them. The model is simplified
/// first, so that batch normalisation behind a layer is part of its weights.
package struct StaticQuantization: Sendable {
  package let model: Model
  /// Layers with weights that stay in float32, and why.
  package let kept: [KeptPart]
  /// The bytes of the weights before and after.
  package let byteCounts: (before: Int, after: Int)
  package let layerCount: Int

  /// - Parameters:
  ///   - data: what the ranges of the inputs of the layers are measured on.
  ///   - choice: how a range is chosen.
  /// - Throws: an error of reading a weight or of running the model; `MRDL9007` where no layer can be
  ///   quantised.
  package init(
    _ model: Model, calibration data: CalibrationData, choice: RangeChoice = .leastError
  ) throws(MRDLError) {
    let model = try model.simplified()
    var builder = Builder(GraphRewriting(model))
    let layers = try builder.layers()
    guard !layers.isEmpty else {
      let reasons = builder.rewriting.kept.prefix(8).map { "\($0.name): \($0.reason)" }
      throw MRDLError(
        .badUsage, "no layer of the model can be quantised",
        found: reasons.isEmpty ? nil : reasons.joined(separator: "; "),
        expected: "Conv, Gemm or MatMul with constant weights")
    }
    let ranges = try Self.ranges(of: Set(layers.map(\.input)), model, data)
    try builder.quantize(layers, ranges, choice)
    self.model = builder.rewriting.model
    kept = builder.rewriting.kept
    byteCounts = builder.byteCounts
    layerCount = builder.layerCount
  }

  /// Runs a model twice: for the ranges of some values, and for how often each part of them is met.
  private static func ranges(
    of values: Set<String>, _ model: Model, _ data: CalibrationData
  ) throws(MRDLError) -> [String: ActivationRange] {
    var observed = try data.prepared(model)
    let given = Set(observed.graph.inputs.map(\.name))
    let outputs = Set(observed.graph.outputs.map(\.name))
    for name in values.sorted() where !given.contains(name) && !outputs.contains(name) {
      observed.graph.outputs.append(ValueInfo(name, .float32, nil))
    }
    var session = Session(try Program(observed))
    var ranges = Dictionary(uniqueKeysWithValues: values.map { ($0, ActivationRange()) })
    for counts in [false, true] {
      for batch in data.batches {
        let results = try session.run(values: batch)
        for name in values {
          guard case .tensor(let tensor)? = results[name] ?? batch[name],
            tensor.scalarType == .float32
          else { continue }
          if counts {
            ranges[name]?.count(tensor)
          } else {
            ranges[name]?.widen(by: tensor)
          }
        }
      }
    }
    return ranges
  }
}

/// A layer that can be quantised.
private struct QuantizableLayer {
  let node: Int
  /// The value that it reads.
  let input: String
  let weights: String
  let bias: String?
  /// The axis of the output channels of the weights.
  let axis: Int
}

private struct Builder {
  var rewriting: GraphRewriting
  private(set) var byteCounts = (before: 0, after: 0)
  private(set) var layerCount = 0
  private let model: Model

  init(_ rewriting: GraphRewriting) {
    self.rewriting = rewriting
    model = rewriting.model
  }

  /// Layers that hold weights, and are no layers that can be quantised.
  private static let otherLayers: Set = [
    "ConvTranspose", "DeformConv", "LSTM", "GRU", "RNN", "Gather",
  ]

  mutating func layers() throws(MRDLError) -> [QuantizableLayer] {
    let captured = rewriting.capturedNames
    let facts = ShapeInference(model, diagnostics: Diagnostics()).facts
    var layers: [QuantizableLayer] = []
    for (index, node) in model.graph.nodes.enumerated() where node.domain.isEmpty {
      if Self.otherLayers.contains(node.operatorName) {
        if node.inputs.contains(where: { isWeight($0) }) {
          rewriting.keep(node.displayName, "\(node.operatorName) is not quantised")
        }
        continue
      }
      guard ["Conv", "Gemm", "MatMul"].contains(node.operatorName) else { continue }
      if let type = facts[node.inputs[0]]?.scalarType, type != .float32 {
        rewriting.keep(node.displayName, "its input is of \(type.rawValue)")
        continue
      }
      switch try layer(index, node, captured) {
      case .success(let layer): layers.append(layer)
      case .failure(let refusal): rewriting.keep(node.displayName, refusal.reason)
      }
    }
    return layers
  }

  private struct Refusal: Error {
    let reason: String
  }

  private func isWeight(_ name: String) -> Bool {
    model.tensors[name].map { $0.info.scalarType == .float32 && $0.info.shape.rank > 1 } ?? false
  }

  private func layer(
    _ index: Int, _ node: Node, _ captured: Set<String>
  ) throws(MRDLError) -> Result<QuantizableLayer, Refusal> {
    func refuse(_ reason: String) -> Result<QuantizableLayer, Refusal> {
      .failure(Refusal(reason: reason))
    }
    guard let weights = model.tensors[node.inputs[1]], weights.info.scalarType == .float32 else {
      return refuse("its weights are not constant numbers of float32")
    }
    let rank = weights.info.shape.rank
    if model.tensors[node.inputs[0]] != nil { return refuse("its input is constant") }
    if captured.contains(node.inputs[1]) {
      return refuse("a graph inside a node reads its weights")
    }
    var axis = 0
    if node.operatorName != "Conv" {
      guard rank == 2 else { return refuse("its weights are not one matrix") }
      axis = 1
    }
    if node.operatorName == "Gemm" {
      guard node.attributes["transA"].isZero, node.attributes["alpha"].isOne,
        node.attributes["beta"].isOne
      else { return refuse("it scales or transposes what it multiplies") }
      if !node.attributes["transB"].isZero { axis = 0 }
    }
    guard rank > 1, weights.info.shape.elementCount > 0 else { return refuse("it has no weights") }
    var bias: String?
    if node.inputs.count > 2, !node.inputs[2].isEmpty {
      let name = node.inputs[2]
      guard let info = model.tensors[name]?.info, info.scalarType == .float32,
        info.shape.elementCount == weights.info.shape[axis],
        info.shape.rank == 1
      else { return refuse("its bias is not a constant number for each output") }
      bias = name
    }
    guard QuantizedWeights(try weights.load(), axis: axis) != nil else {
      return refuse("not all weights are finite")
    }
    return .success(
      QuantizableLayer(
        node: index, input: node.inputs[0], weights: node.inputs[1], bias: bias, axis: axis))
  }

  // MARK: Rewriting

  private struct Stored {
    let name: String
    let scales: [Float]
  }

  mutating func quantize(
    _ layers: [QuantizableLayer], _ ranges: [String: ActivationRange], _ choice: RangeChoice
  ) throws(MRDLError) {
    var byNode = Dictionary(uniqueKeysWithValues: layers.map { ($0.node, $0) })
    var nodes: [Node] = []
    var activations: [String: (name: String, scale: Float)] = [:]
    var stored: [String: Stored] = [:]
    for (index, original) in model.graph.nodes.enumerated() {
      var node = original
      if let layer = byNode.removeValue(forKey: index) {
        if activations[layer.input] == nil {
          guard let (scale, zero) = ranges[layer.input]?.parameters(choice) else {
            rewriting.keep(
              node.displayName, "its input was nothing but zeros, or not finite, in calibration")
            nodes.append(node)
            continue
          }
          activations[layer.input] = (
            append(layer.input, scale: scale, zero: zero, to: &nodes), scale
          )
        }
        if let activation = activations[layer.input] {
          node.inputs[0] = activation.name
          if stored[layer.weights] == nil {
            stored[layer.weights] = try store(layer, to: &nodes)
          }
          if let weights = stored[layer.weights] {
            node.inputs[1] = weights.name
            if let bias = layer.bias {
              node.inputs[2] = try append(
                bias: bias, of: node, scales: weights.scales.map { activation.scale * $0 },
                to: &nodes)
            }
          }
          layerCount += 1
        }
      }
      nodes.append(node)
    }
    rewriting.finish(nodes)
  }

  /// QuantizeLinear and DequantizeLinear for a value; gives the name of what comes out.
  private mutating func append(
    _ value: String, scale: Float, zero: UInt8, to nodes: inout [Node]
  ) -> String {
    let scale = rewriting.addTensor("\(value).scale", Tensor(scalar: scale))
    let zero = rewriting.addTensor("\(value).zero_point", Tensor(scalar: zero))
    let quantized = rewriting.newName("\(value).u8")
    let result = rewriting.newName("\(value).dequantized")
    nodes.append(Node("QuantizeLinear", inputs: [value, scale, zero], outputs: [quantized]))
    nodes.append(Node("DequantizeLinear", inputs: [quantized, scale, zero], outputs: [result]))
    return result
  }

  private mutating func store(
    _ layer: QuantizableLayer, to nodes: inout [Node]
  ) throws(MRDLError) -> Stored? {
    guard let tensor = model.tensors[layer.weights] else { return nil }
    let values = try tensor.load()
    guard let weights = QuantizedWeights(values, axis: layer.axis) else { return nil }
    let name = rewriting.newName("\(layer.weights).i8")
    let scale = rewriting.addTensor("\(layer.weights).scale", weights.scales)
    rewriting.store(
      TensorInfo(
        name, .int8, values.shape, axes: tensor.info.axes,
        quantization: TensorInfo.Quantization(scale: scale, axis: layer.axis)), weights.values)
    let result = rewriting.newName("\(layer.weights).dequantized")
    nodes.append(
      Node(
        "DequantizeLinear", inputs: [name, scale], outputs: [result],
        attributes: ["axis": .integer(Int64(layer.axis))]))
    rewriting.remove(tensor: layer.weights)
    byteCounts.before += values.byteCount
    byteCounts.after += weights.values.byteCount + weights.scales.byteCount
    values.releasePages()
    return Stored(name: result, scales: weights.scales.elements(as: Float.self))
  }

  /// A bias as i32 in the scale of the sums.
  private mutating func append(
    bias name: String, of node: Node, scales: [Float], to nodes: inout [Node]
  ) throws(MRDLError) -> String {
    guard let tensor = model.tensors[name] else { return name }
    let numbers = try tensor.load().elements(as: Float.self)
    // A bias that is too large for its scale stays as it is.
    let whole = zip(numbers, scales).map { (Double($0) / Double($1)).rounded(.toNearestOrEven) }
    guard whole.allSatisfy({ abs($0) < 0x1p30 }) else { return name }
    let base = rewriting.newName("\(name).i32")
    let scale = rewriting.addTensor("\(name).scale", Tensor(scales))
    rewriting.store(
      TensorInfo(
        base, .int32, [numbers.count],
        quantization: TensorInfo.Quantization(scale: scale, axis: 0)),
      Tensor(whole.map { Int32($0) }))
    let result = rewriting.newName("\(name).dequantized")
    nodes.append(
      Node(
        "DequantizeLinear", inputs: [base, scale], outputs: [result],
        attributes: ["axis": .integer(0)]))
    rewriting.remove(tensor: name)
    return result
  }
}
