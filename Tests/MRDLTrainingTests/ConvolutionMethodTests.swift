import MRDLCore
import MRDLModel
import MRDLNumerics
import MRDLOperators
import MRDLRuntime
import MRDLTraining
import Testing

/// Ways of computing a gradient that single precision alone has, against double precision, whose gradients are held
/// against central differences.
@Suite(.enabled(if: BlockWidth.wide.lanes > 1)) struct ConvolutionMethodTests {
  struct Case: Sendable, CustomStringConvertible {
    var batch = 6
    var channels = 20
    var filters = 35
    var size = [7, 6]
    var pads = [1, 1, 1, 1]
    var isFiltered = true

    var description: String { "\(channels) to \(filters) channels, \(size), pads \(pads)" }
  }

  @Test(arguments: [
    Case(), Case(pads: [0, 0, 0, 0]), Case(pads: [2, 1, 0, 2]), Case(pads: [0, 2, 2, 0]),
    Case(batch: 9, channels: 18, filters: 17, size: [66, 62]),
    Case(batch: 1, isFiltered: false), Case(channels: 5, isFiltered: false),
    Case(size: [8, 8], pads: [3, 1, 1, 1], isFiltered: false),
  ])
  func inputGradient(_ c: Case) throws {
    let input = Shape([c.batch, c.channels] + c.size)
    let weights = Shape([c.filters, c.channels, 3, 3])
    let output = Shape(
      [c.batch, c.filters, c.size[0] + c.pads[0] + c.pads[2] - 2]
        + [c.size[1] + c.pads[1] + c.pads[3] - 2])
    let values = [
      GradientCheck.numbers(output, seed: 1), Tensor(zeros: input, scalarType: .float64),
      GradientCheck.numbers(weights, seed: 2),
    ]
    func run(_ type: ScalarType, threads: Int?) throws -> (Tensor, String?) {
      let names = ["residual", "x", "w"]
      let graph = Graph(
        inputs: zip(names, values).map { ValueInfo($0, type, SymbolicShape($1.shape)) },
        outputs: [ValueInfo("dx", type, nil)],
        nodes: [
          Node(
            "ConvInputGradient", domain: OperatorSet.mrdlDomain, inputs: names, outputs: ["dx"],
            attributes: ["pads": .integers(c.pads.map { Int64($0) })])
        ])
      let model = Model(graph: graph)
      var session = Session(
        try Program(model, options: ProgramOptions(mode: .training), operators: .training),
        options: SessionOptions(threadLimit: threads))
      session.startProfile()
      let typed = values.map { value in
        type == .float64
          ? value
          : Tensor(value.elements(as: Double.self).map { Float($0) }, shape: value.shape)
      }
      let found = try session.run(
        Dictionary(uniqueKeysWithValues: zip(names, typed)))
      return (try #require(found["dx"]), session.currentProfile?.entries.first?.method)
    }
    let (exact, _) = try run(.float64, threads: nil)
    let (once, method) = try run(.float32, threads: 1)
    let (again, _) = try run(.float32, threads: nil)
    #expect((method == "Winograd 4×4, stacked") == c.isFiltered, "\(method ?? "")")
    let found = once.elements(as: Float.self)
    #expect(found == again.elements(as: Float.self))
    var worst = 0.0
    for (found, exact) in zip(found, exact.elements(as: Double.self)) {
      worst = max(worst, abs(Double(found) - exact))
    }
    #expect(worst <= 4e-4, "the largest error is \(worst)")
  }
}
