import MRDLCore
import MRDLImages
import MRDLMetrics
import MRDLModel
import MRDLReports
import Testing

struct TrainingPageTests {
  // MARK: Mistakes

  @Test func mistakesComeByTheirLoss() {
    let rows: [[Double]] = [
      [0.9, 0.1, 0], [0.6, 0.3, 0.1], [0.2, 0.2, 0.6], [0.1, 0.1, 0.8], [0.5, 0.5, 0],
      [.nan, 1, 0],
    ]
    let found = MistakePicture.mistakes({ rows[$0] }, labels: [0, 1, 0, 1, 0, 2])
    #expect(found.map(\.sample) == [5, 3, 2, 1])
    #expect(found[1].answer == 2 && found[1].label == 1)
    #expect(found[1].labelProbability == 0.1 && found[1].answerProbability == 0.8)
  }

  @Test func mistakesShowPictureClassAndAnswer() throws {
    let mistakes = MistakePicture.mistakes({ _ in [0.25, 0.75] }, labels: [0, 0, 1])
    let images = (0..<2).map { index in
      Image(
        samples: Tensor([UInt8](repeating: UInt8(50 + index), count: 12), shape: Shape([2, 2, 3])),
        colorSpace: .rgb)
    }
    let picture = MistakePicture(
      mistakes, images, labels: ["cat & dog", "dog"], mistakeCount: 2, split: "test"
    ).drawing
    #expect(picture.elements.count { if case .image = $0 { true } else { false } } == 2)
    #expect(picture.svg.contains(">cat &amp; dog</text>"))
    #expect(picture.svg.contains(">→ dog 0.75</text>"))
    #expect(picture.summary.contains("Of 2 mistakes"))
  }

  // MARK: Filters

  private func model(_ operatorName: String, _ weights: Tensor, inputs: [Int]) -> Model {
    let graph = Graph(
      inputs: [ValueInfo("x", .float32, SymbolicShape(Shape(inputs)))],
      outputs: [ValueInfo("y", .float32, nil)],
      nodes: [
        Node("Identity", inputs: ["x"], outputs: ["i"]),
        Node(operatorName, name: "first", inputs: ["i", "w"], outputs: ["y"]),
      ])
    var model = Model(graph: graph)
    model.tensors["w"] = ModelTensor("w", weights)
    return model
  }

  @Test(arguments: [
    ([5, 1, 3, 3], 5), ([70, 3, 5, 5], 64), ([4, 7, 2, 3], 4), ([6, 2, 9], 6), ([6, 2, 1, 1], 0),
  ])
  func filtersOfAConvolution(_ shape: [Int], shown: Int) throws {
    let count = shape.reduce(1, *)
    let weights = Tensor((0..<count).map { Float($0 % 7) - 3 }, shape: Shape(shape))
    let picture = try FilterPicture(model("Conv", weights, inputs: [1, shape[1], 9, 9]))
    let images = picture?.drawing.elements.count { if case .image = $0 { true } else { false } }
    #expect((images ?? 0) == shown)
  }

  @Test func channelsLieBesideEachOther() throws {
    let weights = Tensor([Float(1), 0, 0, 0, 0, 0, 0, -1], shape: Shape([1, 2, 2, 2]))
    let drawing = try #require(
      try FilterPicture(model("Conv", weights, inputs: [1, 2, 9, 9]))
    ).drawing
    #expect(drawing.summary.contains("2 channels"), "\(drawing.summary)")
    for case .image(let image, _) in drawing.elements {
      let (orange, blue): ([UInt8], [UInt8]) = ([0xd5, 0x5e, 0x00], [0x00, 0x72, 0xb2])
      let (white, grey): ([UInt8], [UInt8]) = ([255, 255, 255], [160, 160, 160])
      #expect(image.width == 5 && image.height == 2)
      #expect(
        image.samples.elements(as: UInt8.self)
          == [orange, white, grey, white, white, white, white, grey, white, blue].flatMap { $0 })
    }
  }

  /// The weights of a unit of a dense layer lie as the pixels do, however the layer keeps them.
  @Test func filtersOfADenseLayerOnPictures() throws {
    let rows: [Float] = [1, 0, 0, -1, 0, 0, 0, 0]
    let columns: [Float] = [1, 0, 0, 0, 0, 0, -1, 0]
    var pictures: [String] = []
    for (weights, attributes) in [
      (Tensor(rows, shape: Shape([2, 4])), ["transB": AttributeValue.integer(1)]),
      (Tensor(columns, shape: Shape([4, 2])), [:]),
    ] {
      var model = model("Gemm", weights, inputs: [1, 1, 2, 2])
      #expect(try FilterPicture(model) == nil)
      model.preprocessing["x"] = .image(ImagePreprocessing(colorSpace: .grey))
      model.graph.nodes[1].attributes = attributes
      let picture = try #require(try FilterPicture(model)).drawing
      guard
        case .image(let image, _)? = picture.elements.first(where: {
          if case .image = $0 { true } else { false }
        })
      else {
        Issue.record("no filter")
        return
      }
      let orange: [UInt8] = [0xd5, 0x5e, 0x00]
      let blue: [UInt8] = [0x00, 0x72, 0xb2]
      let white: [UInt8] = [255, 255, 255]
      #expect(image.samples.elements(as: UInt8.self) == orange + white + white + blue)
      pictures.append(picture.svg)
    }
    #expect(pictures[0] == pictures[1])
  }

  // MARK: The page

  @Test func thePageHoldsEverythingAndRefersToNothing() throws {
    var model = model("Conv", Tensor(zeros: Shape([2, 1, 3, 3])), inputs: [1, 1, 9, 9])
    model.card.name = "<b>name</b>"
    model.card.metrics = [
      ModelCard.Metric(name: "top_3", value: 0.5, dataset: "d", split: "test")
    ]
    model.card.datasets = [
      ModelCard.Dataset(name: "d", split: "test", sampleCount: 1234, digest: "00ff")
    ]
    model.training = TrainingRecord(
      recipe: .object([JSONMember("a", .string("</pre><script>"))]), seed: 1,
      instructionSet: "avx2",
      history: (1...250).map {
        TrainingRecord.Epoch(
          epoch: $0, values: ["loss": 1 / Double($0), "validation_loss": 2 / Double($0)])
      })
    var page = TrainingPage(model)
    var matrix = ConfusionMatrix(classCount: 2)
    matrix.add(answer: 1, label: 0)
    page.add("confusion", ConfusionPicture(matrix, labels: ["a", "b"]).drawing)
    #expect(page.pictures.map(\.name) == ["curve-loss", "confusion"])
    let html = page.html
    for (_, drawing) in page.pictures {
      #expect(html.contains(drawing.svg))
      #expect(html.contains(drawing.summary))
    }
    #expect(!html.contains("<script") && !html.contains("src=") && !html.contains("<b>name"))
    #expect(html.contains("&lt;b&gt;name") && html.contains("<td class=\"number\">1,234</td>"))
    #expect(html.contains("a is taken for b: once"))
    #expect(html.contains(">250</td>"), "the last epoch is not in the table")
    #expect(html.contains("training: 1.000 at epoch 1 to 0.004000 at 250"))
  }

  @Test(arguments: [1, 2, 10, 40, 150])
  func matricesOfAnySizeFit(count: Int) throws {
    var matrix = ConfusionMatrix(classCount: count)
    for label in 0..<count { matrix.add(answer: (label * 7) % count, label: label) }
    let names = (0..<count).map { "a class with a long name \($0)" }
    let drawing = ConfusionPicture(matrix, labels: names).drawing
    for case .rectangle(let box, _, _) in drawing.elements {
      #expect(box.x >= 0 && box.x + box.width <= drawing.width + 0.01)
      #expect(box.y >= 0 && box.y + box.height <= drawing.height + 0.01)
    }
  }

  /// Curves without an extent, of huge numbers or of none at all have axes.
  @Test(arguments: [
    [], [1.0], [3, 3, 3], [.nan, .infinity], [1e300, -1e300], [-1.7e308, 1.7e308],
    [1e-300, 2e-300], [1e6, 1e6 + 1e-9],
  ])
  func anyNumbersCanBePlotted(_ values: [Double]) throws {
    let points = values.enumerated().map { Plot.Point(Double($0), $1) }
    let plot = Plot(
      "t", x: "x", y: "y",
      [Plot.Series("a", .palette(0), .line(points)), Plot.Series("", .ink, .points(points))])
    let drawing = plot.drawing
    #expect(!drawing.svg.contains("nan") && !drawing.svg.contains("inf"))
    let png = try ImageDecoder.decode(Storage(drawing.png(scale: 1)))
    #expect(png.width == 480 && png.height == 320)
  }
}
