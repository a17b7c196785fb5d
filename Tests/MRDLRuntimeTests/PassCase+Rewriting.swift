import MRDLCore
import MRDLModel

// Graphs that passes other than the fusion of epilogues change.

extension PassCase {
  private static func node(
    _ op: String, _ inputs: [String], _ output: String,
    _ attributes: [String: AttributeValue] = [:]
  ) -> Node {
    Node(op, inputs: inputs, outputs: [output], attributes: attributes)
  }

  private static func window(_ kernel: Int64, stride: Int64 = 1) -> [String: AttributeValue] {
    [
      "kernel_shape": .integers([kernel, kernel]), "strides": .integers([stride, stride]),
      "auto_pad": .string("VALID"),
    ]
  }

  private static let channelsLast: [String: AttributeValue] = ["perm": .integers([0, 2, 3, 1])]
  private static let channelsFirst: [String: AttributeValue] = ["perm": .integers([0, 3, 1, 2])]
  private static let picture = [ValueInfo("x", .float32, ["N", 9, 8, 3])]

  private static func normalization(_ input: String, _ output: String) -> Node {
    node("BatchNormalization", [input, "gamma", "beta", "mean", "variance"], output)
  }

  private static func statistics(_ channels: Int) -> [String: Shape] {
    ["gamma": [channels], "beta": [channels], "mean": [channels], "variance": [channels]]
  }

  static let rewriting = affine + scales + patterns + sequences + padding + movement + transposes

  // MARK: Scales that move

  private static let scales: [PassCase] = [
    PassCase(
      testDescription: "scaled residual blocks, pooled, before a dense layer",
      nodes: [
        node("Conv", ["x", "w", "b"], "a"), node("Relu", ["a"], "c"),
        node("Mul", ["c", "half"], "d"),
        node("Conv", ["d", "v", "e"], "f", ["pads": .integers([1, 1, 1, 1])]),
        node("Add", ["f", "d"], "g"), node("Relu", ["g"], "h"), node("Div", ["h", "three"], "i"),
        node("Conv", ["i", "v", "e"], "j", ["pads": .integers([1, 1, 1, 1])]),
        node("Add", ["i", "j"], "k"), node("LeakyRelu", ["k"], "l"),
        node("Mul", ["half", "l"], "m"),
        node("MaxPool", ["m"], "n", window(2, stride: 2)), node("GlobalAveragePool", ["n"], "o"),
        node("Flatten", ["o"], "p"), node("Gemm", ["p", "u", "t"], "y"),
      ],
      shapes: ["w": [4, 3, 3, 3], "b": [4], "v": [4, 4, 3, 3], "e": [4], "u": [4, 5], "t": [5]],
      tensors: [
        "half": Tensor(scalar: Float(0.5)), "three": Tensor([Float(3)], shape: [1, 1, 1]),
      ],
      left: [
        "Conv+Relu", "Conv+Add+Relu", "Conv+Add+LeakyRelu", "MaxPool", "GlobalAveragePool", "Gemm",
      ]),
    PassCase(
      testDescription: "a scale that others read goes back where it was",
      nodes: [
        node("Conv", ["x", "w", "b"], "a"), node("Relu", ["a"], "c"),
        node("Mul", ["c", "half"], "d"), node("Sigmoid", ["d"], "e"), node("Add", ["d", "e"], "y"),
      ], shapes: ["w": [4, 3, 3, 3], "b": [4]], tensors: ["half": Tensor(scalar: Float(0.3))],
      left: ["Conv+Relu", "Mul", "Sigmoid", "Add"]),
    PassCase(
      testDescription: "a negative factor stays",
      nodes: [
        node("Conv", ["x", "w", "b"], "a"), node("Relu", ["a"], "c"),
        node("Mul", ["c", "minus"], "d"), node("Conv", ["d", "v"], "y"),
      ], shapes: ["w": [4, 3, 3, 3], "b": [4], "v": [2, 4, 1, 1]],
      tensors: ["minus": Tensor(scalar: Float(-2))], left: ["Conv+Relu", "Mul", "Conv"]),
  ]

  // MARK: Scales and shifts

  private static let affine: [PassCase] = [
    PassCase(
      testDescription: "normalisation behind a convolution, with an activation",
      nodes: [
        node("Conv", ["x", "w"], "a"), normalization("a", "b"), node("Relu", ["b"], "y"),
      ], shapes: ["w": [4, 3, 3, 3]].merging(statistics(4)) { $1 },
      left: ["Conv+BatchNormalization+Relu"]),
    PassCase(
      testDescription: "arithmetic behind a grouped convolution",
      nodes: [
        node("Conv", ["x", "w", "b"], "a", ["group": .integer(3)]),
        node("Mul", ["a", "scale"], "c"), node("Add", ["shift", "c"], "d"),
        node("Sub", ["one", "d"], "e"), node("Div", ["e", "variance"], "y"),
      ],
      shapes: [
        "w": [6, 1, 3, 3], "b": [6], "scale": [6, 1, 1], "shift": [1, 6, 1, 1], "variance": [1],
      ], tensors: ["one": Tensor(scalar: Float(1))], left: ["Conv+Mul+Add+Sub+Div"]),
    PassCase(
      testDescription: "normalisation behind a transposed convolution in groups",
      inputs: [ValueInfo("x", .float32, ["N", 4, 5, 6])],
      nodes: [
        node("ConvTranspose", ["x", "w", "b"], "a", ["group": .integer(2)]),
        normalization("a", "y"),
      ], shapes: ["w": [4, 3, 2, 2], "b": [6]].merging(statistics(6)) { $1 },
      left: ["ConvTranspose+BatchNormalization"]),
    PassCase(
      testDescription: "normalisation behind dense layers",
      inputs: [ValueInfo("x", .float32, ["N", 7])],
      nodes: [
        node("Gemm", ["x", "w1", "b1"], "a", ["alpha": .float(0.5), "beta": .float(2)]),
        normalization("a", "b"), node("Gemm", ["b", "w2"], "c", ["transB": .integer(1)]),
        normalization("c", "d"), node("MatMul", ["d", "w3"], "e"), normalization("e", "y"),
      ],
      shapes: ["w1": [7, 5], "b1": [1, 5], "w2": [5, 5], "w3": [5, 5]]
        .merging(statistics(5)) { $1 },
      left: ["Gemm+BatchNormalization", "Gemm+BatchNormalization", "Gemm+BatchNormalization"]),
    PassCase(
      testDescription: "a scale behind a product of a sequence",
      inputs: [ValueInfo("x", .float32, ["N", 4, 7])],
      nodes: [
        node("MatMul", ["x", "w"], "a"), node("Mul", ["a", "scale"], "b"),
        node("Mul", ["b", "other"], "y"),
      ], shapes: ["w": [7, 5], "scale": [5], "other": [4, 1]], left: ["MatMul+Mul", "Mul"]),
    PassCase(
      testDescription: "a scale that depends on the place",
      nodes: [node("Conv", ["x", "w"], "a"), node("Mul", ["a", "scale"], "y")],
      shapes: ["w": [4, 3, 3, 3], "scale": [6]], left: ["Conv", "Mul"]),
    PassCase(
      testDescription: "activations in parts",
      nodes: [
        node("Conv", ["x", "w"], "a"), node("Add", ["a", "three"], "b"),
        node("Clip", ["b", "zero", "six"], "c"), node("Mul", ["a", "c"], "d"),
        node("Div", ["d", "six"], "e"), node("Sigmoid", ["e"], "f"), node("Mul", ["f", "e"], "g"),
        node("Add", ["g", "three"], "h"), node("Clip", ["h", "zero", "six"], "i"),
        node("Div", ["i", "six"], "j"), node("Mul", ["j", "g"], "k"),
        node("Mul", ["k", "three"], "l"), node("Sigmoid", ["l"], "m"),
        node("Mul", ["k", "m"], "y"),
      ], shapes: ["w": [4, 3, 3, 3]],
      tensors: [
        "three": Tensor(scalar: Float(3)), "zero": Tensor(scalar: Float(0)),
        "six": Tensor(scalar: Float(6)),
      ],
      left: ["Conv+HardSwish", "Swish", "HardSwish", "Swish"]),
  ]

  // MARK: Patterns

  private static let numbers: [String: Tensor] = [
    "half": Tensor([Float(0.5)]), "one": Tensor(scalar: Float(1)), "two": Tensor(scalar: Float(2)),
    "three": Tensor([Float(3)]), "zero": Tensor(scalar: Float(0)), "six": Tensor([Float(6)]),
    "cube": Tensor(scalar: Float(3)), "cubic": Tensor(scalar: Float(0.044715)),
    "root": Tensor(scalar: Float(2).squareRoot()), "inverse": Tensor(scalar: Float(0.70710678)),
    "tangent": Tensor(scalar: Float(0.7978845608)), "sixth": Tensor(scalar: Float(1) / 6),
    "fifth": Tensor([Float(0.2)]), "high": Tensor(scalar: Float(6)),
    "epsilon": Tensor(scalar: Float(1e-5)), "last": Tensor([Int64(-1)]),
    "other": Tensor([Float(1), 2, 3, 4, 5, 6, 7]),
  ]
  private static let rows = [ValueInfo("x", .float32, ["N", 5, 7])]

  private static func normalized(_ x: String, _ square: Node, _ mean: String) -> [Node] {
    [
      node("ReduceMean", [x, "last"], mean), node("Sub", [x, mean], "d"), square,
      node("ReduceMean", ["s", "last"], "v"), node("Add", ["epsilon", "v"], "e"),
      node("Sqrt", ["e"], "r"), node("Div", ["d", "r"], "n"),
    ]
  }

  private static let patterns: [PassCase] = [
    PassCase(
      testDescription: "HardSwish with numbers of one axis, behind a convolution that is scaled",
      nodes: [
        node("Conv", ["x", "w"], "a"), node("Mul", ["half", "a"], "b"),
        node("Add", ["b", "three"], "c"), node("Clip", ["c", "zero", "high"], "d"),
        node("Mul", ["b", "d"], "e"), node("Div", ["e", "six"], "y"),
      ], shapes: ["w": [4, 3, 3, 3]], tensors: numbers, left: ["Conv+Mul+HardSwish"]),
    PassCase(
      testDescription: "HardSwish whose gate is divided first, and HardSigmoid of another slope",
      nodes: [
        node("Add", ["three", "x"], "a"), node("Clip", ["a", "zero", "high"], "b"),
        node("Mul", ["b", "sixth"], "c"), node("Mul", ["c", "x"], "d"),
        node("Mul", ["d", "fifth"], "e"), node("Add", ["e", "half"], "f"),
        node("Clip", ["f", "zero", "one"], "y"),
      ], tensors: numbers, left: ["HardSwish", "HardSigmoid"]),
    PassCase(
      testDescription: "Gelu by the error function, the half at its end, its start and its gate",
      inputs: rows,
      nodes: [
        node("Div", ["x", "root"], "a"), node("Erf", ["a"], "b"), node("Add", ["b", "one"], "c"),
        node("Mul", ["x", "c"], "d"), node("Mul", ["d", "half"], "e"),
        node("Mul", ["e", "inverse"], "f"), node("Erf", ["f"], "g"),
        node("Add", ["one", "g"], "h"),
        node("Mul", ["half", "e"], "i"), node("Mul", ["i", "h"], "j"),
        node("Mul", ["j", "inverse"], "k"), node("Erf", ["k"], "l"),
        node("Add", ["one", "l"], "m"),
        node("Mul", ["m", "half"], "n"), node("Mul", ["j", "n"], "y"),
      ], tensors: numbers, left: ["Gelu", "Gelu", "Gelu"]),
    PassCase(
      testDescription: "Gelu by the hyperbolic tangent, with a power and with products",
      inputs: rows,
      nodes: [
        node("Pow", ["x", "cube"], "a"), node("Mul", ["a", "cubic"], "b"),
        node("Add", ["x", "b"], "c"), node("Mul", ["c", "tangent"], "d"), node("Tanh", ["d"], "e"),
        node("Add", ["e", "one"], "f"), node("Mul", ["x", "f"], "g"),
        node("Mul", ["g", "half"], "h"),
        node("Mul", ["h", "h"], "i"), node("Mul", ["i", "h"], "j"),
        node("Mul", ["cubic", "j"], "k"),
        node("Add", ["h", "k"], "l"), node("Mul", ["tangent", "l"], "m"), node("Tanh", ["m"], "n"),
        node("Add", ["n", "one"], "o"), node("Mul", ["half", "h"], "p"),
        node("Mul", ["p", "o"], "y"),
      ], tensors: numbers, left: ["Gelu", "Gelu"]),
    PassCase(
      testDescription: "Mish, and a square",
      inputs: rows,
      nodes: [
        node("Softplus", ["x"], "a"), node("Tanh", ["a"], "b"), node("Mul", ["b", "x"], "c"),
        node("Pow", ["c", "two"], "y"),
      ], tensors: numbers, left: ["Mish", "Mul"]),
    PassCase(
      testDescription: "what is nearly an activation",
      inputs: rows,
      nodes: [
        node("Add", ["x", "other"], "a"), node("Clip", ["a", "zero", "high"], "b"),
        node("Mul", ["x", "b"], "c"), node("Div", ["c", "six"], "d"), node("Sigmoid", ["d"], "e"),
        node("Mul", ["x", "e"], "f"), node("Erf", ["f"], "g"), node("Add", ["g", "one"], "h"),
        node("Mul", ["f", "h"], "i"), node("Mul", ["i", "half"], "y"),
      ], tensors: numbers,
      left: ["Add+Clip", "Mul", "Div", "Sigmoid", "Mul", "Erf", "Add", "Mul", "Mul"]),
    PassCase(
      testDescription: "layer normalisation in parts",
      inputs: rows,
      nodes: normalized("x", node("Pow", ["d", "two"], "s"), "m") + [
        node("Mul", ["n", "scale"], "p"), node("Add", ["shift", "p"], "y"),
      ], shapes: ["scale": [7], "shift": [7]], tensors: numbers, left: ["LayerNormalization"]),
    PassCase(
      testDescription: "layer normalisation without shift, and what only looks like it",
      inputs: rows,
      nodes: normalized("x", node("Mul", ["d", "d"], "s"), "m") + [
        node("Mul", ["scale", "n"], "p"), node("Add", ["p", "row"], "y"),
      ], shapes: ["scale": [7], "row": [5, 1]], tensors: numbers,
      left: ["LayerNormalization", "Add"]),
  ]

  // MARK: Sequences

  private static let sequences: [PassCase] = [
    PassCase(
      testDescription: "convolutions over one axis with pooling, an activation and a residual",
      inputs: [ValueInfo("x", .float32, ["N", 3, 21])],
      nodes: [
        node("Conv", ["x", "w1", "b1"], "a", ["pads": .integers([2, 1])]),
        node("Relu", ["a"], "b"),
        node(
          "Conv", ["b", "w2"], "c", ["pads": .integers([1, 1]), "kernel_shape": .integers([3])]),
        node("Add", ["c", "b"], "d"), node("Relu", ["d"], "e"), node("Elu", ["e"], "f"),
        node(
          "MaxPool", ["f"], "g",
          ["kernel_shape": .integers([3]), "strides": .integers([2]), "ceil_mode": .integer(1)]),
        node(
          "Conv", ["g", "w3"], "h",
          [
            "dilations": .integers([2]), "strides": .integers([2]),
            "auto_pad": .string("SAME_UPPER"),
          ]),
        node("Conv", ["f", "w4"], "i", ["group": .integer(20), "pads": .integers([1, 0])]),
        node("ReduceMean", ["i"], "j"), node("Mul", ["h", "j"], "y"),
      ],
      shapes: [
        "w1": [20, 3, 4], "b1": [20], "w2": [20, 20, 3], "w3": [18, 20, 3], "w4": [20, 1, 2],
      ], tolerance: 2e-4)
  ]

  // MARK: Padding

  private static func pad(_ input: String, _ output: String, value: String? = nil) -> Node {
    node("Pad", [input, "pads"] + (value.map { [$0] } ?? []), output)
  }

  private static let around = Tensor([Int64](arrayLiteral: 0, 0, 1, 2, 0, 0, 2, 1))

  private static let padding: [PassCase] = [
    PassCase(
      testDescription: "zeros before convolutions and averages",
      nodes: [
        pad("x", "a"), node("Conv", ["a", "w"], "b", ["pads": .integers([1, 0, 0, 1])]),
        pad("b", "c"), node("AveragePool", ["c"], "d", window(3, stride: 2)),
        pad("d", "e", value: "zero"), node("Relu", ["e"], "y"),
      ], shapes: ["w": [4, 3, 3, 3]], tensors: ["pads": around, "zero": Tensor(scalar: Float(0))],
      left: ["Pad+Conv", "Pad+AveragePool", "Pad", "Relu"]),
    PassCase(
      testDescription: "zeros before the largest of numbers that are not negative",
      nodes: [
        node("Relu", ["x"], "a"), pad("a", "b"), node("MaxPool", ["b"], "c", window(3, stride: 2)),
        pad("c", "d"), node("MaxPool", ["d"], "y", window(3)),
      ], tensors: ["pads": around], left: ["Relu", "Pad+MaxPool", "Pad+MaxPool"]),
    PassCase(
      testDescription: "padding that shows in the largest number",
      nodes: [
        pad("x", "a"), node("MaxPool", ["a"], "b", window(3)), pad("b", "c", value: "low"),
        node("MaxPool", ["c"], "d", window(3)), node("Relu", ["d"], "e"), pad("e", "f"),
        node("MaxPool", ["f"], "y", window(2)),
      ], tensors: ["pads": around, "low": Tensor(scalar: -Float.infinity)],
      left: ["Pad", "MaxPool", "Pad+MaxPool", "Relu", "Pad", "MaxPool"]),
    PassCase(
      testDescription: "padding that is not of zeros",
      nodes: [pad("x", "a", value: "one"), node("Conv", ["a", "w"], "y")],
      shapes: ["w": [4, 3, 3, 3]],
      tensors: ["pads": around, "one": Tensor(scalar: Float(1))], left: ["Pad", "Conv"]),
    PassCase(
      testDescription: "averages that do not count their own padding",
      nodes: [
        pad("x", "a"),
        node(
          "AveragePool", ["a"], "y",
          ["kernel_shape": .integers([3, 3]), "pads": .integers([1, 1, 1, 1])]),
      ], tensors: ["pads": around], left: ["Pad", "AveragePool"]),
  ]

  // MARK: What moves nothing

  private static let movement: [PassCase] = [
    PassCase(
      testDescription: "nodes that do nothing",
      nodes: [
        node("Identity", ["x"], "a"), node("Conv", ["a", "w"], "b"), node("Dropout", ["b"], "c"),
        node("Reshape", ["c", "same"], "d"), node("Cast", ["d"], "e", ["to": .integer(1)]),
        node("Transpose", ["e"], "f", ["perm": .integers([0, 1, 2, 3])]),
        node("Relu", ["f"], "g"), node("Identity", ["g"], "y"),
      ], shapes: ["w": [4, 3, 3, 3]], tensors: ["same": Tensor([Int64(0), 4, 7, 6])],
      left: ["Conv+Relu"]),
    PassCase(
      testDescription: "nodes that do the same",
      nodes: [
        node("Conv", ["x", "w"], "a"), node("Conv", ["x", "w"], "b"), node("Exp", ["a"], "c"),
        node("Exp", ["b"], "d"), node("Sub", ["c", "a"], "e"), node("Sub", ["d", "b"], "f"),
        node("Add", ["e", "f"], "y"),
      ], shapes: ["w": [4, 3, 3, 3]], left: ["Conv", "Exp", "Sub", "Add"]),
  ]

  // MARK: Transposes

  private static let transposes: [PassCase] = [
    PassCase(
      testDescription: "a network with the channels last",
      inputs: [ValueInfo("x", .float32, ["N", 10, 10, 1])],
      nodes: [
        node("Transpose", ["x"], "x1", channelsFirst), node("Conv", ["x1", "w1", "bias"], "a"),
        node("Transpose", ["a"], "a1", channelsLast), node("Relu", ["a1"], "b"),
        node("Transpose", ["b"], "b1", channelsFirst),
        node("MaxPool", ["b1"], "c", window(2, stride: 2)),
        node("Transpose", ["c"], "c1", channelsLast), node("Dropout", ["c1"], "d"),
        node("Flatten", ["d"], "e"), node("Relu", ["e"], "f"),
        node("Gemm", ["f", "w2", "b2"], "g"), node("Softmax", ["g"], "y"),
      ],
      shapes: ["w1": [4, 1, 3, 3], "bias": [4], "w2": [64, 5], "b2": [5]],
      left: ["Conv+Relu", "MaxPool", "Relu", "Gemm", "Softmax"]),
    PassCase(
      testDescription: "a residual network with the channels last",
      inputs: picture,
      nodes: [
        node("Transpose", ["x"], "x1", channelsFirst), node("Conv", ["x1", "w1"], "a"),
        node("Transpose", ["a"], "a1", channelsLast), node("Add", ["a1", "bias"], "b"),
        node("Relu", ["b"], "c"), node("Pad", ["c", "pads"], "d"),
        node("Transpose", ["d"], "d1", channelsFirst), node("Conv", ["d1", "w2"], "e"),
        node("Transpose", ["e"], "e1", channelsLast), node("Add", ["e1", "c"], "f"),
        node("Concat", ["f", "c"], "g", ["axis": .integer(-1)]),
        node("Slice", ["g", "starts", "ends"], "h"),
        node("ReduceMean", ["h", "axes"], "i", ["keepdims": .integer(0)]),
        node("MatMul", ["i", "w3"], "y"),
      ],
      shapes: ["w1": [4, 3, 3, 3], "bias": [4], "w2": [4, 4, 3, 3], "w3": [8, 5]],
      tensors: [
        "pads": Tensor([Int64](arrayLiteral: 0, 1, 1, 0, 0, 1, 1, 0)),
        "axes": Tensor([Int64(1), 2]), "starts": Tensor([Int64(0), 1]),
        "ends": Tensor([Int64(100), -1]),
      ],
      left: [
        "Transpose", "Conv+Add+Relu", "Pad+Conv+Add", "Concat", "Slice", "ReduceMean", "MatMul",
      ]),
    PassCase(
      testDescription: "squeeze and excitation with the channels last",
      inputs: picture,
      nodes: [
        node("ReduceMean", ["x", "axes"], "a"), node("Transpose", ["a"], "a1", channelsFirst),
        node("Conv", ["a1", "w1"], "b"), node("Transpose", ["b"], "b1", channelsLast),
        node("Sigmoid", ["b1"], "c"), node("Mul", ["x", "c"], "d"),
        node("Softmax", ["d"], "e", ["axis": .integer(3)]), node("Identity", ["e"], "y"),
      ], shapes: ["w1": [3, 3, 1, 1]], tensors: ["axes": Tensor([Int64(1), 2])]),
    PassCase(
      testDescription: "softmax of channels and a result with the channels last",
      nodes: [
        node("Transpose", ["x"], "a", channelsLast),
        node("Softmax", ["a"], "b", ["axis": .integer(-1)]), node("Sqrt", ["b"], "y"),
      ], left: ["Softmax", "Sqrt", "Transpose"]),
    PassCase(
      testDescription: "weights that are stored the other way round, and a flattened picture",
      nodes: [
        node("Transpose", ["x"], "a", channelsLast), node("Reshape", ["a", "flat"], "b"),
        node("Gemm", ["b", "w1"], "c", ["transB": .integer(1)]),
        node("Tanh", ["b"], "d"), node("MatMul", ["d", "w2"], "e"), node("Add", ["c", "e"], "y"),
      ], shapes: ["w1": [5, 216], "w2": [216, 5]],
      tensors: ["flat": Tensor([Int64(0), -1])],
      left: ["Gemm", "Tanh", "MatMul+Add"], tolerance: 1e-4),
    PassCase(
      testDescription: "columns that something needs as they are",
      nodes: [
        node("Transpose", ["x"], "a", channelsLast), node("Flatten", ["a"], "b"),
        node("Sigmoid", ["b"], "c"), node("CumSum", ["c", "axis"], "d"),
        node("Add", ["c", "d"], "y"),
      ], tensors: ["axis": Tensor(scalar: Int64(1))]),
    PassCase(
      testDescription: "a transpose that is needed",
      inputs: [ValueInfo("x", .float32, ["N", 4, 6])],
      nodes: [
        node("Transpose", ["x"], "a", ["perm": .integers([0, 2, 1])]),
        node("MatMul", ["x", "a"], "y"),
      ], left: ["Transpose", "MatMul"]),
  ]
}
