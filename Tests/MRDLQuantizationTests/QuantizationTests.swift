import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLQuantization
import MRDLRuntime
import Testing

/// A network with every kind of layer that is quantised, and one that is not.
enum SmallNetwork {
  static func numbers(_ shape: Shape, seed: UInt32, scale: Float = 1) -> Tensor {
    var state = seed &* 2_654_435_761 &+ 12345
    return Tensor(
      (0..<shape.elementCount).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return (Float(state >> 8) / 8_388_608 - 1) * scale
      }, shape: shape)
  }

  static func model() throws -> Model {
    Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", 3, 12, 12])],
        outputs: [ValueInfo("y", .float32, ["N", 10])],
        nodes: [
          Node(
            "Conv", name: "first", inputs: ["x", "w1", "b1"], outputs: ["a"],
            attributes: ["pads": .integers([1, 1, 1, 1])]),
          Node("Relu", inputs: ["a"], outputs: ["b"]),
          Node(
            "Conv", name: "depthwise", inputs: ["b", "w2"], outputs: ["c"],
            attributes: ["group": .integer(24), "strides": .integers([2, 2])]),
          Node(
            "ConvTranspose", name: "up", inputs: ["c", "w3"], outputs: ["d"]),
          Node("Flatten", inputs: ["d"], outputs: ["e"]),
          Node("MatMul", name: "middle", inputs: ["e", "w4"], outputs: ["f"]),
          Node("Relu", inputs: ["f"], outputs: ["g"]),
          Node(
            "Gemm", name: "last", inputs: ["g", "w5", "b5"], outputs: ["y"],
            attributes: ["transB": .integer(1)]),
        ]),
      opsets: ["": 28],
      tensors: try TensorTable([
        ModelTensor("w1", numbers([24, 3, 3, 3], seed: 1, scale: 0.3)),
        ModelTensor("b1", numbers([24], seed: 2, scale: 0.1)),
        ModelTensor("w2", numbers([24, 1, 3, 3], seed: 3, scale: 0.4)),
        ModelTensor("w3", numbers([24, 8, 2, 2], seed: 4, scale: 0.2)),
        ModelTensor("w4", numbers([288, 40], seed: 5, scale: 0.1)),
        ModelTensor("w5", numbers([10, 40], seed: 6, scale: 0.3)),
        ModelTensor("b5", numbers([10], seed: 7, scale: 0.1)),
      ]))
  }

  static func data() -> CalibrationData {
    CalibrationData(
      batches: (0..<8).map { ["x": .tensor(numbers([4, 3, 12, 12], seed: UInt32(100 + $0)))] })
  }
}

@Suite struct QuantizationTests {
  @Test(arguments: [WeightType.f16, .bf16]) func halfPrecision(type: WeightType) throws {
    let model = try SmallNetwork.model()
    let half = try QuantizedModel(model, as: type, calibration: SmallNetwork.data())
    for name in ["w1", "w2", "w3", "w4", "w5"] {
      #expect(half.model.tensors[name]?.info.scalarType == type.scalarType)
    }
    #expect(half.model.tensors["b1"]?.info.scalarType == .float32)
    let loss = try #require(half.loss)
    // 2^-11 and 2^-8 of each weight, which partly cancel.
    let unit = type == .f16 ? 0x1p-11 : 0x1p-8
    #expect(loss.largestError > 0)
    #expect(loss.largestError <= 2 * unit * loss.largestValue)
    #expect(loss.agreement ?? 0 > 0.9)
    // The same bits as the float32 model with rounded weights.
    var rounded = model
    for name in ["w1", "w2", "w3", "w4", "w5"] {
      let values = try #require(model.tensors[name]).load()
      let numbers = values.elements(as: Float.self).map {
        type == .f16 ? Half($0).float : BFloat16($0).float
      }
      rounded.tensors[name] = ModelTensor(name, Tensor(numbers, shape: values.shape))
    }
    let input = SmallNetwork.numbers([3, 3, 12, 12], seed: 9)
    var narrow = Session(try Program(half.model))
    var wide = Session(try Program(rounded))
    let answers = (try narrow.run(["x": input])["y"], try wide.run(["x": input])["y"])
    #expect(answers.0?.elements(as: Float.self) == answers.1?.elements(as: Float.self))
  }

  @Test func numbersBeyondHalfPrecisionStay() throws {
    var model = try SmallNetwork.model()
    var values = [Float](repeating: 1, count: 400)
    values[7] = 70_000
    model.tensors["w5"] = ModelTensor("w5", Tensor(values, shape: [10, 40]))
    let half = try StoredWeights(model, as: .f16)
    #expect(half.kept.map(\.name) == ["w5"])
    #expect(half.model.tensors["w5"]?.info.scalarType == .float32)
    #expect(try StoredWeights(model, as: .bf16).kept.isEmpty)
  }

  @Test func weightsAloneInEightBits() throws {
    let model = try SmallNetwork.model()
    let stored = try QuantizedModel(model, as: .i8, calibration: nil)
    for name in ["w1", "w2", "w3", "w4", "w5"] {
      let info = try #require(stored.model.tensors[name]?.info)
      #expect(info.scalarType == .int8)
      #expect(info.quantization?.scale == "\(name).scale")
    }
    let loss = try #require(stored.loss)
    #expect(loss.largestError > 0 && loss.largestError < 0.03 * loss.largestValue)
    #expect(stored.json.text(.indented).contains("\"layers\": null"))
  }

  @Test(arguments: RangeChoice.allCases) func weightsAndActivations(choice: RangeChoice) throws {
    let model = try SmallNetwork.model()
    let data = SmallNetwork.data()
    let result = try StaticQuantization(model, calibration: data, choice: choice)
    #expect(result.layerCount == 4)
    #expect(result.kept.map(\.name) == ["up"])
    let operators = result.model.graph.nodes.map(\.operatorName)
    #expect(operators.count { $0 == "QuantizeLinear" } == 4)
    #expect(result.model.tensors["w1"] == nil && result.model.tensors["w3"] != nil)
    let loss = try AccuracyLoss(of: result.model, against: model, on: data)
    #expect(loss.sampleCount == 32)
    #expect(loss.largestError > 0 && loss.largestError < 0.06 * loss.largestValue)
    #expect(loss.agreement ?? 0 > 0.85)
    // The layers run in whole numbers, and give what the graph says without that.
    var session = Session(try Program(result.model))
    var plain = Session(
      try Program(result.model, options: ProgramOptions(disabledPasses: ["all"])))
    session.startProfile()
    let input = ["x": SmallNetwork.numbers([2, 3, 12, 12], seed: 200)]
    let (found, expected) = (try session.run(input)["y"], try plain.run(input)["y"])
    let methods = session.currentProfile?.entries.compactMap(\.method) ?? []
    #expect(methods.count { $0.contains("integers") } == 4)
    let pairs = zip(
      found?.elements(as: Float.self) ?? [], expected?.elements(as: Float.self) ?? [])
    #expect(pairs.allSatisfy { abs($0 - $1) < Float(loss.largestValue) * 0.02 })
  }

  @Test func goldenVectorsAreOfTheNewModel() throws {
    var model = try SmallNetwork.model()
    try model.addGoldenVector(
      "one", inputs: ["x": SmallNetwork.numbers([1, 3, 12, 12], seed: 55)])
    for data in [nil, SmallNetwork.data()] {
      let result = try QuantizedModel(model, as: .i8, calibration: data)
      let diagnostics = Diagnostics()
      try GoldenCheck.run(
        result.model, program: try Program(result.model), diagnostics: diagnostics)
      #expect(diagnostics.findings.isEmpty)
    }
  }

  @Test func modelsWithoutLayersAreRefused() throws {
    let model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", 4])],
        outputs: [ValueInfo("y", .float32, ["N", 4])],
        nodes: [Node("Relu", inputs: ["x"], outputs: ["y"])]), opsets: ["": 28])
    let data = CalibrationData(batches: [["x": .tensor(SmallNetwork.numbers([1, 4], seed: 1))]])
    let error = #expect(throws: MRDLError.self) {
      try StaticQuantization(model, calibration: data)
    }
    #expect(error?.code == .badUsage)
  }

  /// Weights of half precision are packed, and are not kept in float32 beside that.
  @Test func packedBytesAreAllThatIsLeft() throws {
    let count = 512
    let model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", .fixed(count)])],
        outputs: [ValueInfo("y", .float32, ["N", .fixed(count)])],
        nodes: [Node("MatMul", inputs: ["x", "w"], outputs: ["y"])]),
      opsets: ["": 28],
      tensors: try TensorTable([
        ModelTensor("w", SmallNetwork.numbers(Shape([count, count]), seed: 1))
      ]))
    let half = try StoredWeights(model, as: .f16)
    let program = try Program(half.model)
    #expect(program.constantByteCount == count * count * 2)
    var session = Session(program)
    _ = try session.run(["x": SmallNetwork.numbers(Shape([4, count]), seed: 2)])
    #expect(program.packedByteCount == count * count * 4)
    // Another number of rows shares them.
    _ = try session.run(["x": SmallNetwork.numbers(Shape([9, count]), seed: 2)])
    #expect(program.packedByteCount == count * count * 4)
    // A single row reads the matrix as it is, which is computed again.
    let row = SmallNetwork.numbers(Shape([1, count]), seed: 3)
    let answer = try session.run(["x": row])["y"]?.elements(as: Float.self) ?? []
    let w = try #require(half.model.tensors["w"]).load().elements(as: Half.self)
    let x = row.elements(as: Float.self)
    for column in [0, 1, 300, 511] {
      let sum = (0..<count).reduce(0.0) {
        $0 + Double(x[$1]) * Double(w[$1 * count + column].float)
      }
      #expect(abs(Double(answer[column]) - sum) < 1e-3)
    }
  }
}
