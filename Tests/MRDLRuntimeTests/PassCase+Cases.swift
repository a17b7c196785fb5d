import MRDLCore
import MRDLModel

extension PassCase {
  static let cases = epilogues + rewriting + quantization

  private static func conv(
    _ inputs: [String], _ output: String, pads: [Int64] = [1, 1, 1, 1]
  ) -> Node {
    Node("Conv", inputs: inputs, outputs: [output], attributes: ["pads": .integers(pads)])
  }

  private static func node(
    _ op: String, _ inputs: [String], _ output: String,
    _ attributes: [String: AttributeValue] = [:]
  ) -> Node {
    Node(op, inputs: inputs, outputs: [output], attributes: attributes)
  }

  // MARK: Epilogues

  private static let epilogues: [PassCase] =
    [
      PassCase(
        testDescription: "a residual block",
        nodes: [
          conv(["x", "w1", "b1"], "a"), node("Relu", ["a"], "b"), conv(["b", "w2", "b2"], "c"),
          node("Add", ["c", "x"], "d"), node("Relu", ["d"], "y"),
        ],
        shapes: ["w1": [4, 3, 3, 3], "b1": [4], "w2": [3, 4, 3, 3], "b2": [3]],
        left: ["Conv+Relu", "Conv+Add+Relu"]),
      PassCase(
        testDescription: "two branches, either of which could take the sum",
        nodes: [
          conv(["x", "w1", "b1"], "a"), conv(["x", "w2", "b1"], "b"),
          node("Add", ["a", "b"], "c"), node("Sigmoid", ["c"], "y"),
        ],
        shapes: ["w1": [4, 3, 3, 3], "b1": [4], "w2": [4, 3, 3, 3]],
        left: ["Conv", "Conv+Add+Sigmoid"]),
      PassCase(
        testDescription: "a result that is read twice",
        nodes: [
          conv(["x", "w1"], "a"), node("Relu", ["a"], "b"), node("Add", ["a", "b"], "y"),
        ], shapes: ["w1": [4, 3, 3, 3]], left: ["Conv", "Relu", "Add"]),
      PassCase(
        testDescription: "an activation before a residual",
        nodes: [
          conv(["x", "w1"], "a"), node("HardSwish", ["a"], "b"), node("Add", ["b", "x"], "c"),
          node("Tanh", ["c"], "y"),
        ], shapes: ["w1": [3, 3, 3, 3]], left: ["Conv+HardSwish", "Add+Tanh"]),
      PassCase(
        testDescription: "a depthwise convolution with a residual",
        nodes: [
          node(
            "Conv", ["x", "w1", "b1"], "a",
            ["group": .integer(3), "pads": .integers([1, 1, 1, 1])]),
          node("Add", ["x", "a"], "b"), node("Clip", ["b", "low", "high"], "y"),
        ], shapes: ["w1": [3, 1, 3, 3], "b1": [3]],
        tensors: ["low": Tensor(scalar: Float(0)), "high": Tensor(scalar: Float(0.7))],
        left: ["Conv+Add+Clip"]),
      PassCase(
        testDescription: "a residual that is broadcast",
        inputs: [
          ValueInfo("x", .float32, ["N", 3, 9, 8]), ValueInfo("z", .float32, ["N", 4, 1, 1]),
        ],
        nodes: [
          conv(["x", "w1"], "a"), node("Add", ["a", "z"], "b"), node("Relu", ["b"], "y"),
        ], shapes: ["w1": [4, 3, 3, 3]], left: ["Conv", "Add+Relu"]),
      PassCase(
        testDescription: "a transposed convolution",
        nodes: [
          node("ConvTranspose", ["x", "w1", "b1"], "a", ["group": .integer(3)]),
          node("Relu", ["a"], "b"), node("ConvTranspose", ["b", "w2"], "c"),
          node("Add", ["c", "z"], "d"), node("LeakyRelu", ["d"], "y"),
        ],
        shapes: [
          "w1": [3, 2, 2, 2], "b1": [6], "w2": [6, 2, 1, 1], "z": [1, 2, 10, 9],
        ], left: ["ConvTranspose+Relu", "ConvTranspose", "Add+LeakyRelu"]),
      PassCase(
        testDescription: "dense layers",
        inputs: [ValueInfo("x", .float32, ["N", 6])],
        nodes: [
          node("MatMul", ["x", "w1"], "a"), node("Add", ["a", "b1"], "b"),
          node("Relu", ["b"], "c"), node("Gemm", ["c", "w2", "b2"], "d"),
          node("Add", ["x", "d"], "e"), node("Sigmoid", ["e"], "f"),
          node("Gemm", ["f", "w3", "full"], "g"), node("Add", ["f", "g"], "h"),
          node("Elu", ["h"], "y"),
        ],
        shapes: [
          "w1": [6, 5], "b1": [5], "w2": [5, 6], "b2": [6], "w3": [6, 6], "full": [1, 1],
        ], left: ["Gemm+Add+Relu", "Gemm+Add+Sigmoid", "Gemm+Add", "Elu"]),
      PassCase(
        testDescription: "a dense layer on a sequence",
        inputs: [ValueInfo("x", .float32, ["N", 7, 6])],
        nodes: [
          node("MatMul", ["x", "w1"], "a"), node("Add", ["b1", "a"], "b"),
          node("Swish", ["b"], "c", ["alpha": .float(1.5)]), node("MatMul", ["c", "w2"], "d"),
          node("Add", ["d", "x"], "e"), node("HardSigmoid", ["e"], "y"),
        ],
        shapes: ["w1": [6, 5], "b1": [1, 5], "w2": [5, 6]],
        left: ["MatMul+Add+Swish", "MatMul+Add+HardSigmoid"]),
      PassCase(
        testDescription: "a product of two inputs",
        inputs: [
          ValueInfo("x", .float32, ["N", 7, 6]), ValueInfo("z", .float32, ["N", 6, 4]),
        ],
        nodes: [
          node("MatMul", ["x", "z"], "a"), node("Add", ["a", "b1"], "b"), node("Tanh", ["b"], "y"),
        ], shapes: ["b1": [4]], left: ["MatMul", "Add+Tanh"]),
    ]
}
