import MRDL

/// A network of two layers in code: y = softmax(relu(x · W1 + b1) · W2 + b2).
///
/// - Parameters:
///   - first, second: weights [in, out] with biases [out] of the two layers.
func twoLayers(
  first: (weight: Tensor, bias: Tensor), second: (weight: Tensor, bias: Tensor)
) throws -> Model {
  let inputs = first.weight.shape[0]
  let classes = second.weight.shape[1]
  var graph = Graph(
    name: "two-layers",
    inputs: [ValueInfo("x", .float32, ["N", .fixed(inputs)])],
    outputs: [ValueInfo("y", .float32, ["N", .fixed(classes)])])
  graph.nodes = [
    Node("Gemm", inputs: ["x", "W1", "b1"], outputs: ["sum"]),
    Node("Relu", inputs: ["sum"], outputs: ["hidden"]),
    Node("Gemm", inputs: ["hidden", "W2", "b2"], outputs: ["logits"]),
    Node("Softmax", inputs: ["logits"], outputs: ["y"]),
  ]
  var model = Model(
    graph: graph, opsets: ["": 28],
    tensors: try TensorTable([
      ModelTensor("W1", first.weight), ModelTensor("b1", first.bias),
      ModelTensor("W2", second.weight), ModelTensor("b2", second.bias),
    ]))
  model.meanings["y"] = OutputMeaning(task: .classification, scale: .probabilities)
  model.card.license = "CC0-1.0"
  return model
}
