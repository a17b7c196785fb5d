import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLRuntime
import Testing

/// Pictures of any size become the input of a model that gives back its input.
struct PictureInputTests {
  /// A picture of one channel whose samples are all different.
  struct Picture: CustomTestStringConvertible {
    let width: Int
    let height: Int

    var testDescription: String { "\(width) x \(height)" }

    func sample(_ row: Int, _ column: Int) -> Double {
      Double((row * 37 + column * 101 + row * column * 7) % 256)
    }

    /// As the runtime takes it, the same in each channel but for an offset.
    func pixels(channels: Int) -> Tensor {
      var values: [Float] = []
      for row in 0..<height {
        for column in 0..<width {
          for channel in 0..<channels { values.append(Float(sample(row, column)) + Float(channel)) }
        }
      }
      return Tensor(values, shape: [1, height, width, channels])
    }

    /// Another size by the triangle filter, widened where a side shrinks: each new sample is the mean of all
    /// old ones, weighed by how near they are.
    func resized(width newWidth: Int, height newHeight: Int) -> [[Double]] {
      func weights(_ index: Int, _ old: Int, _ new: Int) -> [Double] {
        let step = Double(old) / Double(new)
        let middle = (Double(index) + 0.5) * step
        let weights = (0..<old).map {
          max(0, 1 - abs(Double($0) + 0.5 - middle) / max(step, 1))
        }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
      }
      return (0..<newHeight).map { row in
        let rows = weights(row, height, newHeight)
        return (0..<newWidth).map { column in
          let columns = weights(column, width, newWidth)
          var sum = 0.0
          for (y, first) in rows.enumerated() where first != 0 {
            for (x, second) in columns.enumerated() where second != 0 {
              sum += first * second * sample(y, x)
            }
          }
          return sum
        }
      }
    }
  }

  static let pictures = [(9, 7), (7, 9), (8, 8), (40, 11), (11, 40), (3, 2), (6, 5), (21, 20)].map {
    Picture(width: $0.0, height: $0.1)
  }

  static func echo(_ type: ScalarType, _ shape: SymbolicShape) -> Model {
    Model(
      graph: Graph(
        inputs: [ValueInfo("x", type, shape)], outputs: [ValueInfo("y", type, shape)],
        nodes: [Node("Identity", inputs: ["x"], outputs: ["y"])]), opsets: ["": 28])
  }

  /// A model that says nothing of pictures and begins with some nodes.
  private static func beginning(
    _ nodes: [Node], constants: [String: [Float]] = [:], outputs: [String] = ["y"]
  ) throws -> Model {
    Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", 2, 2, 3])],
        outputs: outputs.map { ValueInfo($0, .float32, nil) }, nodes: nodes),
      tensors: try TensorTable(
        constants.sorted { $0.key < $1.key }.map {
          ModelTensor($0.key, Tensor($0.value, shape: $0.value.count == 1 ? [] : [$0.value.count]))
        }))
  }

  private static func node(_ op: String, _ inputs: [String]) -> Node {
    Node(op, inputs: inputs, outputs: ["y"])
  }

  @Test func pixelsAreTakenAsTheyAreWhereTheGraphScalesThem() throws {
    let third = [Float](repeating: 1 / 255, count: 3)
    for (nodes, constants) in [
      ([Self.node("Mul", ["x", "c"])], ["c": [1 / 255]]),
      ([Self.node("Mul", ["c", "x"])], ["c": third]),
      ([Self.node("Mul", ["x", "c"])], ["c": [1 / 127.5]]),
      ([Self.node("Div", ["x", "c"])], ["c": [255]]),
      ([Self.node("Sub", ["x", "c"])], ["c": [127.5]]),
      ([Self.node("Add", ["x", "c"])], ["c": [-128]]),
      (
        [
          Node(
            "Transpose", inputs: ["x"], outputs: ["t"],
            attributes: ["perm": .integers([0, 3, 1, 2])]),
          Self.node("Mul", ["t", "c"]),
        ], ["c": [1 / 255]]
      ),
    ] as [([Node], [String: [Float]])] {
      let input = try PictureInput(Self.beginning(nodes, constants: constants))
      #expect(input.preprocessing == ImagePreprocessing(colorSpace: .rgb, layout: .nhwc))
      #expect(input.height == 2)
    }
    let input = try PictureInput(
      Self.beginning([Self.node("Mul", ["x", "c"])], constants: ["c": [1 / 255]]))
    let y = try run(input, Tensor([Float](repeating: 51, count: 12), shape: [1, 2, 2, 3]))
    #expect(y.elements(as: Float.self).allSatisfy { abs($0 - 0.2) < 1e-6 })
  }

  @Test func whatDoesNotTellOfPixelsAsksForWords() throws {
    let shared = [Self.node("Mul", ["x", "c"]), Node("Relu", inputs: ["x"], outputs: ["z"])]
    for (nodes, constants, outputs) in [
      ([Self.node("Mul", ["x", "c"])], ["c": [0.5]], ["y"]),
      ([Self.node("Mul", ["x", "c"])], ["c": [0]], ["y"]),
      ([Self.node("Mul", ["x", "x"])], [:], ["y"]),
      ([Self.node("Div", ["c", "x"])], ["c": [255]], ["y"]),
      ([Self.node("Sub", ["x", "c"])], ["c": [0.5]], ["y"]),
      ([Self.node("Sub", ["x", "c"])], ["c": [104, 117, 124]], ["y"]),
      ([Self.node("Relu", ["x"])], [:], ["y"]),
      (shared, ["c": [1 / 255]], ["y", "z"]),
    ] as [([Node], [String: [Float]], [String])] {
      let model = try Self.beginning(nodes, constants: constants, outputs: outputs)
      let error = #expect(throws: MRDLError.self) { try PictureInput(model) }
      #expect(error?.code == .wrongInput)
    }
  }

  static func options(_ change: (inout PictureOptions) -> Void) -> PictureOptions {
    var options = PictureOptions()
    change(&options)
    return options
  }

  private func run(_ input: PictureInput, _ pixels: Tensor) throws -> Tensor {
    var session = Session(try Program(input.model))
    return try #require(try session.run([input.inputName: pixels]).first?.value)
  }

  private func expectEqual(
    _ found: Tensor, _ expected: [[Double]], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let numbers = found.elements(as: Float.self)
    let wanted = expected.flatMap { $0 }
    #expect(numbers.count == wanted.count, sourceLocation: sourceLocation)
    for (number, value) in zip(numbers, wanted) {
      guard abs(Double(number) - value) < 1e-3 else {
        Issue.record("\(number) for \(value)", sourceLocation: sourceLocation)
        return
      }
    }
  }

  @Test(arguments: pictures) func stretches(picture: Picture) throws {
    let options = Self.options { $0.rule = .stretch }
    let input = try PictureInput(Self.echo(.float32, [1, 1, 6, 5]), options: options)
    let output = try run(input, picture.pixels(channels: 1))
    #expect(output.shape == [1, 1, 6, 5])
    expectEqual(output, picture.resized(width: 5, height: 6))
  }

  @Test(arguments: pictures, [6, 7, 11])
  func cutsOutTheMiddleOfTheShorterSide(picture: Picture, side: Int) throws {
    let options = Self.options { $0.rule = .shorterSide(side) }
    let input = try PictureInput(Self.echo(.float32, [1, 6, 6, 1]), options: options)
    let output = try run(input, picture.pixels(channels: 1))
    #expect(output.shape == [1, 6, 6, 1])
    let isUpright = picture.width <= picture.height
    let width = isUpright ? side : side * picture.width / picture.height
    let height = isUpright ? side * picture.height / picture.width : side
    let whole = picture.resized(width: width, height: height)
    func start(_ extent: Int) -> Int {
      Int((Double(extent - 6) / 2).rounded(.toNearestOrEven))
    }
    let rows = whole[start(height)..<start(height) + 6]
    expectEqual(output, rows.map { Array($0[start(width)..<start(width) + 6]) })
  }

  @Test(arguments: pictures) func coversAnOblongInput(picture: Picture) throws {
    let options = Self.options { $0.rule = .cover }
    let input = try PictureInput(Self.echo(.float32, [1, 4, 10, 1]), options: options)
    let output = try run(input, picture.pixels(channels: 1))
    let width = max(10, 4 * picture.width / picture.height)
    let height = max(4, 10 * picture.height / picture.width)
    let whole = picture.resized(width: width, height: height)
    func start(_ extent: Int, _ part: Int) -> Int {
      Int((Double(extent - part) / 2).rounded(.toNearestOrEven))
    }
    let rows = whole[start(height, 4)..<start(height, 4) + 4]
    expectEqual(output, rows.map { Array($0[start(width, 10)..<start(width, 10) + 10]) })
  }

  @Test func keepsWholePicturesWhereTheSizeIsOpen() throws {
    let model = Self.echo(.float32, ["N", "H", "W", 1])
    let picture = Picture(width: 9, height: 7)
    let whole = try PictureInput(model, options: Self.options { $0.rule = .shorterSide(14) })
    expectEqual(
      try run(whole, picture.pixels(channels: 1)), picture.resized(width: 18, height: 14))
    let sized = Self.options {
      $0.rule = .stretch
      $0.size = PictureOptions.Size(width: 4, height: 3)
    }
    let output = try run(PictureInput(model, options: sized), picture.pixels(channels: 1))
    #expect(output.shape == [1, 3, 4, 1])
    expectEqual(output, picture.resized(width: 4, height: 3))
  }

  @Test func laterOperatorsKnowTheSize() throws {
    let options = Self.options { $0.rule = .shorterSide(9) }
    let input = try PictureInput(Self.echo(.float32, ["N", 3, 8, 8]), options: options)
    let facts = ShapeInference(input.model, diagnostics: Diagnostics()).facts["x"]
    #expect(facts?.shape?.dimensions.dropFirst() == [.fixed(3), .fixed(8), .fixed(8)])
  }

  @Test func becomesTheTypeOfTheInput() throws {
    let picture = Picture(width: 5, height: 5)
    let expected = picture.resized(width: 3, height: 3).flatMap { $0 }
    for type in [ScalarType.uint8, .float16, .float64] {
      let options = Self.options { $0.rule = .stretch }
      let input = try PictureInput(Self.echo(type, [1, 1, 3, 3]), options: options)
      let output = try run(input, picture.pixels(channels: 1))
      #expect(output.scalarType == type)
      for (number, value) in zip(try Answer.numbers(in: output), expected) {
        #expect(abs(number - value) <= (type == .uint8 ? 0.5001 : 0.07), "\(type)")
      }
    }
  }

  @Test func takesWhatTheModelSaysWhereNothingElseIsSaid() throws {
    var model = Self.echo(.float32, [1, 1, 3, 3])
    model.preprocessing["x"] = .image(
      ImagePreprocessing(
        colorSpace: .grey, resize: .init(fit: .contain, interpolation: .cubic), scale: 0.5))
    #expect(try PictureInput(model, options: PictureOptions()).preprocessing.scale == 0.5)
    let changed = try PictureInput(model, options: Self.options { $0.rule = .shorterSide(4) })
    #expect(
      changed.preprocessing.resize
        == .init(fit: .centerCrop, interpolation: .cubic, shorterSide: 4))
    #expect(changed.preprocessing.scale == 0.5)
  }

  struct Refusal: CustomTestStringConvertible {
    let type: ScalarType
    let shape: SymbolicShape
    let options: PictureOptions
    let code: FindingCode
    let words: String

    init(
      _ shape: SymbolicShape, of type: ScalarType = .float32, code: FindingCode = .wrongInput,
      _ words: String, _ change: (inout PictureOptions) -> Void = { _ in }
    ) {
      self.type = type
      self.shape = shape
      self.code = code
      self.words = words
      options = PictureInputTests.options(change)
    }

    var testDescription: String { "\(type) \(shape): \(words)" }
  }

  static let refusals = [
    Refusal(["N", 16], "does not take pictures") { $0.rule = .stretch },
    Refusal(["N", 16], "does not take pictures"),
    Refusal(["N", 3, 8, 8], of: .int64, "f32, f64, f16 or u8") { $0.rule = .stretch },
    Refusal(["N", 4, 8, 8], "1 channel (grey) or 3 (rgb, bgr)") { $0.rule = .stretch },
    Refusal(["N", 4, 8, 8], "1 channel (grey) or 3 (rgb, bgr)"),
    Refusal(["N", 3, 8, 8], "--resize, --scale, --mean, --std"),
    Refusal(["N", "C", "H", "W"], "--layout NCHW or NHWC") { $0.rule = .shorterSide(8) },
    Refusal(["N", 3, "H", "W"], "--size WIDTHxHEIGHT") { $0.rule = .stretch },
    Refusal(["N", 3, "H", 8], "--size WIDTHxHEIGHT") { $0.rule = .shorterSide(8) },
    Refusal(["N", 3, 8, 8], "8 or more") { $0.rule = .shorterSide(7) },
    Refusal(["N", 3, 8, 8], "the size of") {
      $0.rule = .stretch
      $0.size = PictureOptions.Size(width: 8, height: 9)
    },
    Refusal(["N", 3, 8, 8], code: .badUsage, "need --resize") { $0.antialias = false },
    Refusal(["N", 3, 8, 8], code: .badUsage, "--mean needs one number") { $0.mean = [1, 2] },
    Refusal(["N", 3, 8, 8], "another number of channels") { $0.colorSpace = .grey },
    Refusal(["N", 3, 8, 8], "another number of channels") { $0.layout = .nhwc },
  ]

  @Test(arguments: refusals) func saysWhatWouldMendIt(refusal: Refusal) {
    let error = #expect(throws: MRDLError.self) {
      try PictureInput(Self.echo(refusal.type, refusal.shape), options: refusal.options)
    }
    #expect(error?.code == refusal.code)
    #expect(error?.description.contains(refusal.words) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: ["stretch", "cover", "contain", "1", "256"])
  func rulesAreWords(word: String) {
    #expect(PictureOptions.Rule(word)?.description == word)
  }

  @Test(arguments: ["", "0", "-3", "crop", "1.5", "65537", "224x224"])
  func otherWordsAreNoRules(word: String) { #expect(PictureOptions.Rule(word) == nil) }

  @Test func sizesAreNumbers() {
    #expect(PictureOptions.Size("30x20")?.height == 20)
    #expect(PictureOptions.Size("30")?.description == "30x30")
    for word in ["", "x", "3x", "x3", "0x3", "1x2x3", "a"] {
      #expect(PictureOptions.Size(word) == nil, "\(word)")
    }
  }
}
