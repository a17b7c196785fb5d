import MRDLCore
import MRDLModel

extension PassCase {
  private static func quantize(_ value: String, _ name: String) -> [Node] {
    [
      Node("QuantizeLinear", inputs: [value, "\(name).s", "\(name).z"], outputs: ["\(name).q"]),
      Node(
        "DequantizeLinear", inputs: ["\(name).q", "\(name).s", "\(name).z"],
        outputs: ["\(name).d"]),
    ]
  }

  private static func weights(_ name: String, axis: Int64 = 0) -> Node {
    Node(
      "DequantizeLinear", inputs: ["\(name).q", "\(name).s"], outputs: [name],
      attributes: ["axis": .integer(axis)])
  }

  private static func wholes(_ shape: Shape, seed: Int) -> Tensor {
    Tensor((0..<shape.elementCount).map { Int8(($0 * 37 + seed) % 255 - 127) }, shape: shape)
  }

  private static func scales(_ count: Int, _ unit: Float) -> Tensor {
    Tensor((0..<count).map { unit * (1 + Float($0 % 5) / 4) })
  }

  private static func chain(_ parts: [Node]...) -> [Node] { parts.flatMap { $0 } }

  private static let same: [String: AttributeValue] = ["pads": .integers([1, 1, 1, 1])]

  /// Rounding to whole numbers may go the other way where a float32 is rounded once more or less: a step of the
  /// scale of an activation, through the weights behind it.
  static let quantization: [PassCase] = [
    PassCase(
      testDescription: "two convolutions in whole numbers with a residual",
      nodes: chain(
        quantize("x", "x"), [weights("w1"), weights("b1")],
        [
          Node("Conv", inputs: ["x.d", "w1", "b1"], outputs: ["a"], attributes: same),
          Node("Relu", inputs: ["a"], outputs: ["b"]),
        ], quantize("b", "b"),
        [
          weights("w2"),
          Node("Conv", inputs: ["b.d", "w2", "bias"], outputs: ["c"], attributes: same),
          Node("Add", inputs: ["c", "x"], outputs: ["d"]),
          Node("Relu", inputs: ["d"], outputs: ["y"]),
        ]), shapes: ["bias": [3]],
      tensors: [
        "x.s": Tensor(scalar: Float(0.0078)), "x.z": Tensor(scalar: UInt8(128)),
        "b.s": Tensor(scalar: Float(0.01)), "b.z": Tensor(scalar: UInt8(0)),
        "w1.q": wholes([20, 3, 3, 3], seed: 5), "w1.s": scales(20, 0.001),
        "b1.q": Tensor((0..<20).map { Int32($0 * 900 - 8000) }),
        "b1.s": Tensor(scales(20, 0.001).elements(as: Float.self).map { $0 * 0.0078 }),
        "w2.q": wholes([3, 20, 3, 3], seed: 9), "w2.s": scales(3, 0.0005),
      ],
      left: ["QuantizeLinear", "Conv+Relu+QuantizeLinear", "Conv+Add+Relu"], tolerance: 2e-2),
    PassCase(
      testDescription: "a depthwise convolution and a product in whole numbers",
      nodes: chain(
        quantize("x", "x"),
        [
          weights("w1"),
          Node(
            "Conv", inputs: ["x.d", "w1"], outputs: ["a"],
            attributes: [
              "pads": .integers([1, 1, 1, 1]), "group": .integer(3), "strides": .integers([2, 2]),
            ]), Node("Sigmoid", inputs: ["a"], outputs: ["b"]),
          Node("Flatten", inputs: ["b"], outputs: ["f"]),
        ], quantize("f", "f"),
        [
          weights("w2", axis: 1), weights("b2"),
          Node("Gemm", inputs: ["f.d", "w2", "b2"], outputs: ["g"]),
        ], quantize("g", "g"),
        [
          weights("w3", axis: 1), Node("MatMul", inputs: ["g.d", "w3"], outputs: ["y"]),
        ]),
      tensors: [
        "x.s": Tensor(scalar: Float(0.0078)), "x.z": Tensor(scalar: UInt8(128)),
        "f.s": Tensor(scalar: Float(1.0 / 255)), "f.z": Tensor(scalar: UInt8(0)),
        "g.s": Tensor(scalar: Float(0.02)), "g.z": Tensor(scalar: UInt8(100)),
        "w1.q": wholes([3, 1, 3, 3], seed: 5), "w1.s": scales(3, 0.004),
        "w2.q": wholes([60, 17], seed: 7), "w2.s": scales(17, 0.001),
        "b2.q": Tensor((0..<17).map { Int32($0 * 900 - 8000) }),
        "b2.s": Tensor(scales(17, 0.001).elements(as: Float.self).map { $0 / 255 }),
        "w3.q": wholes([17, 5], seed: 1), "w3.s": scales(5, 0.002),
      ],
      left: [
        "QuantizeLinear", "Conv+Sigmoid", "QuantizeLinear", "Gemm+QuantizeLinear", "MatMul",
      ], tolerance: 2e-2),
    PassCase(
      testDescription: "numbers of i8, and weights with a zero point, which are not fused",
      nodes: chain(
        quantize("x", "x"),
        [
          Node("DequantizeLinear", inputs: ["w1.q", "w1.s", "w1.z"], outputs: ["w1"]),
          Node("Conv", inputs: ["x.d", "w1"], outputs: ["a"], attributes: same),
          weights("w2"),
          Node("Conv", inputs: ["x.d", "w2"], outputs: ["b"], attributes: same),
          Node("Add", inputs: ["a", "b"], outputs: ["y"]),
        ]),
      tensors: [
        "x.s": Tensor(scalar: Float(0.0078)), "x.z": Tensor(scalar: Int8(3)),
        "w1.q": wholes([4, 3, 3, 3], seed: 5), "w1.s": Tensor(scalar: Float(0.004)),
        "w1.z": Tensor(scalar: Int8(11)), "w2.q": wholes([4, 3, 3, 3], seed: 8),
        "w2.s": Tensor(scalar: Float(0.004)),
      ], left: ["QuantizeLinear", "DequantizeLinear", "Conv", "Conv+Add"], tolerance: 1e-4),
    PassCase(
      testDescription: "weights of half precision",
      nodes: [
        Node("Cast", inputs: ["w.half"], outputs: ["w"], attributes: ["to": .integer(1)]),
        Node("Conv", inputs: ["x", "w"], outputs: ["a"], attributes: same),
        Node(
          "BatchNormalization", inputs: ["a", "scale", "shift", "mean", "var"], outputs: ["y"]),
      ],
      shapes: ["scale": [700], "shift": [700], "mean": [700], "var": [700]],
      tensors: [
        "w.half": Tensor(
          (0..<18900).map { Half(Float($0 % 101) / 50 - 1) }, shape: [700, 3, 3, 3])
      ], left: ["Conv+BatchNormalization"], tolerance: 1e-4),
  ]
}
