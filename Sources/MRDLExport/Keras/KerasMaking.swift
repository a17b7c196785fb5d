internal import MRDLCore
internal import MRDLInterchange
internal import MRDLModel

/// How each operator becomes layers: a line each.
enum KerasMaking {
  typealias Making = @Sendable (Node, inout KerasExporter) throws(MRDLError) -> Void

  static let table: [String: Making] = [
    "Abs": operation("Absolute"),
    "Acos": operation("Arccos"),
    "Add": { (n, k) throws(MRDLError) in try binary("Add", layer: "Add", n, &k) },
    "And": { (n, k) throws(MRDLError) in try binary("LogicalAnd", layer: nil, n, &k) },
    "Asin": operation("Arcsin"),
    "Atan": operation("Arctan"),
    "AveragePool": { (n, k) throws(MRDLError) in try pool("AveragePooling", n, &k) },
    "BatchNormalization": batchNormalization,
    "Cast": cast,
    "Ceil": operation("Ceil"),
    "Celu": celu,
    "Clip": clip,
    "Concat": concat,
    "Conv": convolution,
    "ConvTranspose": transposedConvolution,
    "Cos": operation("Cos"),
    "Cosh": operation("Cosh"),
    "Div": { (n, k) throws(MRDLError) in try binary("Divide", layer: nil, n, &k) },
    "Dropout": alias,
    "Einsum": einsum,
    "Elu": elu,
    "Equal": { (n, k) throws(MRDLError) in try binary("Equal", layer: nil, n, &k) },
    "Erf": operation("Erf", in: "math"),
    "Exp": activation("exponential"),
    "Flatten": flatten,
    "Floor": operation("Floor"),
    "GRU": { (n, k) throws(MRDLError) in try recurrent(.gru, n, &k) },
    "Gather": gather,
    "Gelu": gelu,
    "Gemm": gemm,
    "GlobalAveragePool": { (n, k) throws(MRDLError) in try globalPool("Average", n, &k) },
    "GlobalMaxPool": { (n, k) throws(MRDLError) in try globalPool("Max", n, &k) },
    "Greater": { (n, k) throws(MRDLError) in try binary("Greater", layer: nil, n, &k) },
    "GreaterOrEqual": { (n, k) throws(MRDLError) in try binary("GreaterEqual", layer: nil, n, &k) },
    "GroupNormalization": groupNormalization,
    "HardSigmoid": hardSigmoid,
    "HardSwish": activation("hard_silu"),
    "Identity": alias,
    "LSTM": { (n, k) throws(MRDLError) in try recurrent(.lstm, n, &k) },
    "LayerNormalization": layerNormalization,
    "LeakyRelu": leakyRelu,
    "Less": { (n, k) throws(MRDLError) in try binary("Less", layer: nil, n, &k) },
    "LessOrEqual": { (n, k) throws(MRDLError) in try binary("LessEqual", layer: nil, n, &k) },
    "Log": operation("Log"),
    "LogSoftmax": { (n, k) throws(MRDLError) in try softmax("LogSoftmax", n, &k) },
    "MatMul": matMul,
    "Max": { (n, k) throws(MRDLError) in try variadic("Maximum", n, &k) },
    "MaxPool": { (n, k) throws(MRDLError) in try pool("MaxPooling", n, &k) },
    "Mean": { (n, k) throws(MRDLError) in try variadic("Average", n, &k) },
    "Min": { (n, k) throws(MRDLError) in try variadic("Minimum", n, &k) },
    "Mish": activation("mish"),
    "Mul": { (n, k) throws(MRDLError) in try binary("Multiply", layer: "Multiply", n, &k) },
    "Neg": operation("Negative"),
    "Not": operation("LogicalNot"),
    "Or": { (n, k) throws(MRDLError) in try binary("LogicalOr", layer: nil, n, &k) },
    "PRelu": pRelu,
    "Pad": pad,
    "Pow": { (n, k) throws(MRDLError) in try binary("Power", layer: nil, n, &k) },
    "RMSNormalization": rmsNormalization,
    "RNN": { (n, k) throws(MRDLError) in try recurrent(.rnn, n, &k) },
    "Reciprocal": operation("Reciprocal"),
    "ReduceL2": norm,
    "ReduceMax": { (n, k) throws(MRDLError) in try reduce("Max", n, &k) },
    "ReduceMean": { (n, k) throws(MRDLError) in try reduce("Mean", n, &k) },
    "ReduceMin": { (n, k) throws(MRDLError) in try reduce("Min", n, &k) },
    "ReduceProd": { (n, k) throws(MRDLError) in try reduce("Prod", n, &k) },
    "ReduceSum": { (n, k) throws(MRDLError) in try reduce("Sum", n, &k) },
    "Relu": activation("relu"),
    "Reshape": reshape,
    "Resize": resize,
    "Selu": activation("selu"),
    "Shrink": shrink,
    "Sigmoid": activation("sigmoid"),
    "Sign": operation("Sign"),
    "Sin": operation("Sin"),
    "Sinh": operation("Sinh"),
    "Slice": slice,
    "Softmax": { (n, k) throws(MRDLError) in try softmax("Softmax", n, &k) },
    "Softplus": activation("softplus"),
    "Softsign": activation("softsign"),
    "Split": split,
    "Sqrt": operation("Sqrt"),
    "Squeeze": squeeze,
    "Sub": { (n, k) throws(MRDLError) in try binary("Subtract", layer: "Subtract", n, &k) },
    "Sum": { (n, k) throws(MRDLError) in try variadic("Add", n, &k) },
    "Swish": swish,
    "Tan": operation("Tan"),
    "Tanh": activation("tanh"),
    "Tile": tile,
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
    "Where": choose,
  ]

  /// The name of the layer that stands for a node.
  static func name(_ node: Node) -> String {
    node.name.isEmpty ? node.outputs[0] : node.name
  }

  static func alias(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    if node.outputs.count > 1, node.outputs[1...].contains(where: { !$0.isEmpty }) {
      throw k.refusal("the mask of Dropout")
    }
    guard try k.constant(node.inputs[0]) == nil else {
      throw k.refusal("a copy of a constant")
    }
    k.alias(node.outputs[0], of: node.inputs[0])
  }

  static func integer(_ node: Node, _ name: String, default: Int) -> Int {
    if case .integer(let value)? = node.attributes[name] { Int(clamping: value) } else { `default` }
  }

  static func number(_ node: Node, _ name: String, default: Double) -> Double {
    if case .float(let value)? = node.attributes[name] { value } else { `default` }
  }

  static func text(_ node: Node, _ name: String, default: String) -> String {
    if case .string(let value)? = node.attributes[name] { value } else { `default` }
  }

  static func integers(_ node: Node, _ name: String) -> [Int]? {
    if case .integers(let values)? = node.attributes[name] {
      values.map { Int(clamping: $0) }
    } else {
      nil
    }
  }

  /// An axis counted from the front.
  static func axis(_ axis: Int, rank: Int, _ k: KerasExporter) throws(MRDLError) -> Int {
    let counted = axis < 0 ? axis + rank : axis
    guard (0..<rank).contains(counted) else { throw k.refusal("axis \(axis) of \(rank)") }
    return counted
  }
}
