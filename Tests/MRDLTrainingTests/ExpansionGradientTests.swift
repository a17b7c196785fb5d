import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLRuntime
import MRDLTraining
import Testing

/// Operators that are written as others where they learn, against central differences of the operators themselves.
@Suite struct ExpansionGradientTests {
  static func whole(_ numbers: [Int], _ shape: Shape? = nil) -> Tensor {
    Tensor(numbers.map { Int64($0) }, shape: shape ?? [numbers.count])
  }

  // MARK: Attention

  static let queries: Shape = [2, 4, 3, 4]
  static let keys: Shape = [2, 4, 5, 4]
  static let few: Shape = [2, 2, 5, 4]

  static func attention(
    _ attributes: [String: AttributeValue] = [:], keys: Shape = ExpansionGradientTests.keys,
    others: [(input: Int, shape: Shape)] = [], constants: [(input: Int, value: Tensor)] = [],
    output: Shape = ExpansionGradientTests.queries, outputIndex: Int = 0
  ) -> GradientCase {
    let own: [(input: Int, shape: Shape)] = [(0, queries), (1, keys), (2, keys)]
    return GradientCase(
      name: "Attention", shapes: own + others, attributes: attributes, constants: constants,
      output: output, outputIndex: outputIndex)
  }

  static let attentions: [GradientCase] = [
    attention(), attention(["scale": .float(0.7), "softcap": .float(1.5)]),
    attention(["is_causal": .integer(1)]),
    attention(["left_window_size": .integer(1), "right_window_size": .integer(1)]),
    attention(["is_causal": .integer(1)], keys: few),
    attention(others: [(3, [3, 5])]),
    attention(
      ["is_causal": .integer(1)],
      constants: [(3, Tensor((0..<15).map { $0 % 4 != 0 && $0 > 4 }, shape: [3, 5]))]),
    attention(
      constants: [
        (3, Tensor((0..<15).map { $0 % 4 == 0 ? -Double.infinity : 0.1 }, shape: [3, 5]))
      ]),
    attention(
      ["is_causal": .integer(1)], others: [(4, [2, 4, 2, 4]), (5, [2, 4, 2, 4])]),
    attention(
      others: [(4, [2, 4, 2, 4]), (5, [2, 4, 2, 4])], output: [2, 4, 7, 4], outputIndex: 1),
    attention(
      ["qk_matmul_output_mode": .integer(3), "is_causal": .integer(1)], output: [2, 4, 3, 5],
      outputIndex: 3),
    attention(
      ["qk_matmul_output_mode": .integer(1), "softcap": .float(0.5)], output: [2, 4, 3, 5],
      outputIndex: 3),
    GradientCase(
      name: "Attention", shapes: [(0, [2, 3, 8]), (1, [2, 5, 4]), (2, [2, 5, 6])],
      attributes: [
        "q_num_heads": .integer(4), "kv_num_heads": .integer(2), "is_causal": .integer(1),
      ], output: [2, 3, 12]),
  ]

  @Test(arguments: attentions) func attentionAgree(_ c: GradientCase) throws {
    try c.expectAgreement()
  }

  static let rotations: [GradientCase] = [
    GradientCase(
      name: "RotaryEmbedding", shapes: [(0, [2, 2, 3, 4]), (1, [2, 3, 2]), (2, [2, 3, 2])],
      output: [2, 2, 3, 4]),
    GradientCase(
      name: "RotaryEmbedding", shapes: [(0, [2, 3, 12]), (1, [5, 2]), (2, [5, 2])],
      attributes: [
        "num_heads": .integer(2), "rotary_embedding_dim": .integer(4), "interleaved": .integer(1),
      ], constants: [(3, whole([4, 0, 2, 1, 1, 3], [2, 3]))], output: [2, 3, 12]),
    GradientCase(
      name: "RotaryEmbedding", shapes: [(0, [1, 3, 2, 6]), (1, [4, 2]), (2, [4, 2])],
      attributes: ["rotary_embedding_dim": .integer(4)], constants: [(3, whole([3, 1], [1, 2]))],
      output: [1, 3, 2, 6]),
  ]

  @Test(arguments: rotations) func rotationAgree(_ c: GradientCase) throws {
    try c.expectAgreement()
  }

  // MARK: Normalisation and pooling

  static let norms: [GradientCase] = {
    var cases: [GradientCase] = []
    for size in [Int64(1), 2, 3] {
      let attributes: [String: AttributeValue] = [
        "size": .integer(size), "alpha": .float(0.5), "beta": .float(0.6), "bias": .float(1.5),
      ]
      for shape in [Shape([2, 4]), [2, 5, 3], [2, 4, 2, 3]] {
        cases.append(
          GradientCase(name: "LRN", shapes: [(0, shape)], attributes: attributes, output: shape))
      }
    }
    for power in [Int64(1), 2] {
      for axis in [Int64(-1), 1] {
        cases.append(
          GradientCase(
            name: "LpNormalization", shapes: [(0, [2, 3, 4])],
            attributes: ["p": .integer(power), "axis": .integer(axis)], output: [2, 3, 4],
            isDistinct: true))
      }
    }
    cases.append(
      GradientCase(
        name: "MeanVarianceNormalization", shapes: [(0, [2, 3, 2, 2])], output: [2, 3, 2, 2]))
    cases.append(
      GradientCase(
        name: "MeanVarianceNormalization", shapes: [(0, [2, 5])],
        attributes: ["axes": .integers([-1])], output: [2, 5]))
    return cases
  }()

  @Test(arguments: norms) func normsAgree(_ c: GradientCase) throws { try c.expectAgreement() }

  static let pools: [GradientCase] = {
    var cases: [GradientCase] = []
    for power in [Int64(1), 2, 3] {
      cases.append(
        GradientCase(
          name: "GlobalLpPool", shapes: [(0, [2, 3, 2, 2])], attributes: ["p": .integer(power)],
          output: [2, 3, 1, 1], isDistinct: true))
      cases.append(
        GradientCase(
          name: "LpPool", shapes: [(0, [1, 2, 4, 3])],
          attributes: [
            "p": .integer(power), "kernel_shape": .integers([3, 2]), "strides": .integers([2, 1]),
            "pads": .integers([1, 1, 1, 0]),
          ], output: [1, 2, 2, 3], isDistinct: true))
      cases.append(
        GradientCase(
          name: "LpPool", shapes: [(0, [1, 2, 7])],
          attributes: [
            "p": .integer(power), "kernel_shape": .integers([2]), "dilations": .integers([3]),
          ], output: [1, 2, 4], isDistinct: true))
    }
    return cases
  }()

  @Test(arguments: pools) func poolsAgree(_ c: GradientCase) throws { try c.expectAgreement() }

  // MARK: Losses

  static let losses: [GradientCase] = {
    var cases: [GradientCase] = []
    for name in ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"] {
      for reduction in ["none", "sum", "mean"] {
        for ignored in [nil, Int64(1), -1] {
          var attributes: [String: AttributeValue] = ["reduction": .string(reduction)]
          if let ignored { attributes["ignore_index"] = .integer(ignored) }
          let labels = whole([0, 1, 3, 2, ignored == -1 ? -1 : 1, 0], [2, 3])
          for isWeighted in [false, true] {
            var c = GradientCase(
              name: name, shapes: [(0, [2, 4, 3])], attributes: attributes,
              constants: [(1, labels)], output: reduction == "none" ? [2, 3] : [], low: 0.2,
              high: 1.5)
            if isWeighted { c.shapes.append((2, [4])) }
            cases.append(c)
          }
        }
      }
    }
    cases.append(
      GradientCase(
        name: "SoftmaxCrossEntropyLoss", shapes: [(0, [3, 4])],
        constants: [(1, Tensor([Int32(2), 0, 3], shape: [3]))], output: [3, 4], outputIndex: 1))
    return cases
  }()

  @Test(arguments: losses) func lossesAgree(_ c: GradientCase) throws { try c.expectAgreement() }

  /// Labels are 0 to C − 1 or `ignore_index`: the loss and its gradient refuse others alike.
  @Test(arguments: ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"], [-1, 4, -5])
  func labelsThatAreNoClassAreRefused(_ name: String, label: Int) throws {
    for ignored in [nil, 255] as [Int64?] {
      var model = Model(
        graph: Graph(
          inputs: [ValueInfo("x", .float64, [2, 4])],
          nodes: [
            Node(
              name, inputs: ["x", "labels"], outputs: ["loss"],
              attributes: ignored.map { ["ignore_index": .integer($0)] } ?? [:])
          ]))
      model.tensors["labels"] = ModelTensor("labels", Self.whole([3, label]))
      model.graph.outputs = [ValueInfo("loss", .float64, [])]
      var (backward, gradients) = try model.differentiated(loss: "loss", withRespectTo: ["x"])
      backward.graph.outputs = gradients.map { ValueInfo($0, .float64, nil) }
      for model in [model, backward] {
        let error = #expect(throws: MRDLError.self) {
          var session = Session(
            try Program(
              model, options: ProgramOptions(mode: .training), operators: .training))
          _ = try session.run(["x": GradientCheck.numbers([2, 4], seed: 1)])
        }
        #expect(error?.code == .operatorFailed)
        #expect(error?.description.contains("a label is no class") == true)
        #expect(error?.description.contains("0 to 3") == true)
      }
    }
  }

  /// The logarithms of the probabilities are computed where nobody reads the loss.
  @Test(arguments: ["", "unread"]) func logarithmsAlone(loss: String) throws {
    let check = GradientCheck(
      inputs: [("x", GradientCheck.numbers([3, 4], seed: 8))],
      nodes: [Node("SoftmaxCrossEntropyLoss", inputs: ["x", "labels"], outputs: [loss, "y"])],
      output: "y", constants: [("labels", Self.whole([2, 0, 3]))])
    #expect(try check.largestRelativeError(outputShape: [3, 4]) < 1e-6)
  }

  // MARK: Others

  static let others: [GradientCase] = [
    GradientCase(
      name: "SwiGLU", shapes: [(0, [2, 3]), (1, [3])], attributes: ["alpha": .float(1.3)],
      output: [2, 3]),
    GradientCase(
      name: "OneHot", shapes: [(2, [2])], attributes: ["axis": .integer(0)],
      constants: [(0, whole([1, -1, 5])), (1, whole([4], []))], output: [4, 3]),
    GradientCase(
      name: "CausalConvWithState", shapes: [(0, [2, 3, 5]), (1, [3, 1, 4]), (2, [3])],
      output: [2, 3, 5]),
    GradientCase(
      name: "CausalConvWithState",
      shapes: [(0, [2, 3, 5]), (1, [3, 1, 3]), (3, [2, 3, 2])],
      attributes: ["activation": .string("silu")], output: [2, 3, 5]),
    GradientCase(
      name: "CausalConvWithState",
      shapes: [(0, [2, 3, 1]), (1, [3, 1, 3]), (3, [2, 3, 2])], output: [2, 3, 2],
      outputIndex: 1),
    GradientCase(
      name: "DeformConv",
      shapes: [
        (0, [2, 4, 4, 5]), (1, [4, 2, 3, 2]), (2, [2, 24, 2, 4]), (3, [4]), (4, [2, 12, 2, 4]),
      ],
      attributes: [
        "group": .integer(2), "offset_group": .integer(2), "strides": .integers([2, 1]),
        "pads": .integers([1, 0, 0, 0]), "dilations": .integers([1, 1]),
      ], output: [2, 4, 2, 4]),
    GradientCase(
      name: "DeformConv", shapes: [(0, [1, 2, 6]), (1, [3, 2, 2]), (2, [1, 2, 4])],
      attributes: ["dilations": .integers([2])], output: [1, 3, 4]),
    GradientCase(
      name: "AffineGrid", shapes: [(0, [2, 2, 3])], constants: [(1, whole([2, 1, 3, 2]))],
      output: [2, 3, 2, 2]),
    GradientCase(
      name: "AffineGrid", shapes: [(0, [2, 3, 4])], attributes: ["align_corners": .integer(1)],
      constants: [(1, whole([2, 1, 2, 3, 2]))], output: [2, 2, 3, 2, 3]),
    GradientCase(
      name: "Col2Im", shapes: [(0, [2, 8, 6])],
      constants: [(1, whole([3, 4])), (2, whole([2, 2]))], output: [2, 2, 3, 4]),
    GradientCase(
      name: "Col2Im", shapes: [(0, [1, 6, 8])],
      attributes: [
        "strides": .integers([2, 1]), "dilations": .integers([1, 2]),
        "pads": .integers([1, 0, 0, 2]),
      ], constants: [(1, whole([4, 4])), (2, whole([3, 2]))], output: [1, 1, 4, 4]),
  ]

  @Test(arguments: others) func othersAgree(_ c: GradientCase) throws { try c.expectAgreement() }

  @Test func whatIsHiddenFromAllHasNoInfluence() throws {
    try Self.attention(
      constants: [(3, Tensor([Bool](repeating: false, count: 15), shape: [3, 5]))]
    ).expectAgreement()
  }
}
