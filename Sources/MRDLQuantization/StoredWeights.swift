package import MRDLCore
package import MRDLModel
internal import MRDLOperators

/// A model whose weights are stored in fewer bits and computed with in float32: the graph begins with Cast or
/// DequantizeLinear, which the runtime computes while it packs them.
package struct StoredWeights: Sendable {
  package let model: Model
  /// Weights that stay in float32, and why.
  package let kept: [KeptPart]
  /// The bytes of the weights before and after.
  package let byteCounts: (before: Int, after: Int)

  /// Weights of fewer elements stay as they are: a node costs more than they do.
  private static let leastElementCount = 16

  /// - Parameter type: `f16` and `bf16` round each weight to the nearest number, `i8` to the nearest of 255
  ///   multiples of a scale for each unit or channel.
  /// - Throws: an error of reading a weight.
  package init(_ model: Model, as type: WeightType) throws(MRDLError) {
    if model.isWeightsOnly {
      self = try StoredWeights(all: model, as: type)
      return
    }
    var rewriting = GraphRewriting(model)
    let captured = rewriting.capturedNames
    var results: [String: String] = [:]
    var (before, after) = (0, 0)
    var refused: Set<String> = []
    for weight in WeightInput.all(in: model.graph) {
      let name = model.graph.nodes[weight.node].inputs[weight.input]
      guard let tensor = model.tensors[name], tensor.info.scalarType == .float32,
        tensor.info.shape.rank > 1, tensor.info.shape.elementCount >= Self.leastElementCount
      else { continue }
      if let result = results[name] {
        rewriting.replaceInput(weight.input, ofNode: weight.node, by: result)
        continue
      }
      if refused.contains(name) { continue }
      if captured.contains(name) {
        refused.insert(name)
        rewriting.keep(name, "a graph inside a node or an output reads it")
        continue
      }
      let values = try tensor.load()
      let narrow: Tensor
      var nodeInputs = [name]
      let node: (name: String, attributes: [String: AttributeValue])
      var info = tensor.info
      if type == .i8 {
        let axis = weight.axis.flatMap { values.shape.normalizedAxis($0) }
        guard let quantized = QuantizedWeights(values, axis: axis) else {
          refused.insert(name)
          rewriting.keep(name, "not all numbers are finite")
          continue
        }
        narrow = quantized.values
        let scale = rewriting.addTensor("\(name).scale", quantized.scales)
        nodeInputs.append(scale)
        node = ("DequantizeLinear", axis.map { ["axis": .integer(Int64($0))] } ?? [:])
        info.quantization = TensorInfo.Quantization(scale: scale, axis: axis)
      } else {
        guard let rounded = Self.rounded(values, to: type) else {
          refused.insert(name)
          rewriting.keep(name, "it holds numbers beyond the range of \(type.rawValue)")
          continue
        }
        narrow = rounded
        node = ("Cast", ["to": .integer(1)])
      }
      let result = rewriting.newName("\(name).f32")
      rewriting.addFirst(
        Node(node.name, inputs: nodeInputs, outputs: [result], attributes: node.attributes))
      rewriting.store(info, narrow)
      rewriting.replaceInput(weight.input, ofNode: weight.node, by: result)
      results[name] = result
      before += values.byteCount
      after += narrow.byteCount
      values.releasePages()
    }
    rewriting.finish()
    self.model = rewriting.model
    kept = rewriting.kept
    byteCounts = (before, after)
  }

  /// Every tensor of real numbers of a file without an architecture, where no node can widen them.
  private init(all model: Model, as type: WeightType) throws(MRDLError) {
    guard type != .i8 else {
      throw MRDLError(
        .badUsage, "weights without an architecture cannot be quantised",
        found: "no graph that could hold their scales", expected: "--dtype f16 or bf16")
    }
    var rewriting = GraphRewriting(model)
    var (before, after) = (0, 0)
    for tensor in model.tensors where tensor.info.scalarType == .float32 {
      let values = try tensor.load()
      guard let narrow = Self.rounded(values, to: type) else {
        rewriting.keep(tensor.info.name, "it holds numbers beyond the range of \(type.rawValue)")
        continue
      }
      rewriting.store(tensor.info, narrow)
      before += values.byteCount
      after += narrow.byteCount
    }
    self.model = rewriting.model
    kept = rewriting.kept
    byteCounts = (before, after)
  }

  /// The nearest numbers, or nil where a finite one would become infinite.
  private static func rounded(_ tensor: Tensor, to type: WeightType) -> Tensor? {
    let values = tensor.span(of: Float.self)
    if type == .bf16 {
      var result = [BFloat16](repeating: BFloat16(0), count: values.count)
      for index in values.indices {
        result[index] = BFloat16(values[index])
        if !result[index].float.isFinite && values[index].isFinite { return nil }
      }
      return Tensor(result, shape: tensor.shape)
    }
    var result = [Half](repeating: Half(0), count: values.count)
    for index in values.indices {
      result[index] = Half(values[index])
      if !result[index].float.isFinite && values[index].isFinite { return nil }
    }
    return Tensor(result, shape: tensor.shape)
  }
}
