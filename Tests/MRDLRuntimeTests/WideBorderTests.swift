import MRDLCore
import MRDLModel
import MRDLRuntime
import Testing

@Suite struct WideBorderTests {
  /// A border that dwarfs the input is no work: copied with every row, it would be nearly all of it.
  @Test(arguments: [[], ["block-channels"]] as [Set<String>])
  func bordersAreNotCopied(disabledPasses: Set<String>) throws {
    let border = 20_000
    let model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, [1, 16, 8, 8])],
        outputs: [ValueInfo("y", .float32, nil)],
        nodes: [
          Node(
            "Conv", inputs: ["x", "w"], outputs: ["y"],
            attributes: [
              "pads": .integers([Int64](repeating: Int64(border), count: 4)),
              "strides": .integers([1, Int64(border)]),
            ])
        ]),
      tensors: try TensorTable([
        ModelTensor(
          "w", Tensor([Float](repeating: 1, count: 16 * 16 * 9), shape: [16, 16, 3, 3]))
      ]))
    let options = ProgramOptions(disabledPasses: disabledPasses)
    var session = Session(try Program(model, options: options))
    let x = Tensor([Float](repeating: 1, count: 16 * 64), shape: [1, 16, 8, 8])
    let y = try #require(try session.run(["x": x])["y"])
    #expect(y.shape == [1, 16, 2 * border + 6, 3])
    // Windows begin at columns −20000, 0 and 20000; a row of a window sees 3 columns of 16 channels.
    let rows = y.elements(as: Float.self)
    for row in (border - 4)..<(border + 10) {
      let seen = (0..<3).count { (0..<8).contains(row - border + $0) }
      #expect(Array(rows[(3 * row)..<(3 * row + 3)]) == [0, Float(48 * seen), 0])
    }
  }

  /// The cost of a node is shown even where nobody can pay it.
  @Test func costsSaturate() throws {
    let size: Int64 = 1 << 30
    let model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, [1, 1, 8, 8])],
        outputs: [ValueInfo("y", .float32, nil)],
        nodes: [
          Node(
            "MaxPool", inputs: ["x"], outputs: ["y"],
            attributes: [
              "kernel_shape": .integers([size, size]),
              "pads": .integers([Int64](repeating: size - 1, count: 4)),
            ])
        ]))
    #expect(throws: MRDLError.self) {
      var session = Session(try Program(model))
      _ = try session.run(["x": Tensor(zeros: [1, 1, 8, 8], scalarType: .float32)])
    }
  }
}
