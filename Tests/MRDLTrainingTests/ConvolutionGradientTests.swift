import MRDLCore
import MRDLModel
import Testing

/// Convolution and pooling over their attributes, against central differences.
@Suite struct ConvolutionGradientTests {
  struct Case: Sendable, CustomStringConvertible {
    var batch = 2
    var channels = 2
    var size = [7, 6]
    var filters = 4
    var kernel = [3, 2]
    var attributes: [String: AttributeValue] = [:]
    var group = 1
    var output: [Int]

    var description: String { "\(size) by \(kernel), \(group) groups, \(attributes)" }
  }

  @Test(arguments: [
    Case(output: [5, 5]),
    Case(batch: 1, channels: 1, filters: 1, output: [5, 5]),
    Case(attributes: ["strides": .integers([2, 3])], output: [3, 2]),
    Case(attributes: ["dilations": .integers([2, 3])], output: [3, 3]),
    Case(attributes: ["pads": .integers([1, 0, 2, 1])], output: [8, 6]),
    Case(attributes: ["auto_pad": .string("SAME_UPPER")], output: [7, 6]),
    Case(
      attributes: ["auto_pad": .string("SAME_LOWER"), "strides": .integers([2, 2])],
      output: [4, 3]),
    Case(channels: 4, group: 2, output: [5, 5]),
    Case(channels: 4, group: 4, output: [5, 5]),
    Case(size: [9], kernel: [4], output: [6]),
    Case(size: [4, 5, 4], kernel: [2, 3, 2], output: [3, 3, 3]),
    Case(batch: 5, kernel: [1, 1], output: [7, 6]),
    // Several shards, and more rows and columns than a tile has.
    Case(
      batch: 10, channels: 1, size: [6, 5], filters: 9, kernel: [3, 3],
      attributes: ["auto_pad": .string("SAME_UPPER")], output: [6, 5]),
    Case(
      batch: 9, channels: 4, size: [5, 5], filters: 4, kernel: [2, 2],
      attributes: ["dilations": .integers([1, 2])], group: 2, output: [4, 3]),
    Case(batch: 2, channels: 9, size: [4, 5], filters: 2, kernel: [2, 3], output: [3, 3]),
  ])
  func convolution(_ example: Case) throws {
    var attributes = example.attributes
    attributes["group"] = .integer(Int64(example.group))
    let check = GradientCheck(
      inputs: [
        (
          "x",
          GradientCheck.numbers(
            Shape([example.batch, example.channels] + example.size), seed: 1)
        ),
        (
          "w",
          GradientCheck.numbers(
            Shape([example.filters, example.channels / example.group] + example.kernel), seed: 2)
        ),
        ("b", GradientCheck.numbers(Shape([example.filters]), seed: 3)),
      ],
      nodes: [
        Node("Conv", inputs: ["x", "w", "b"], outputs: ["y"], attributes: attributes)
      ], output: "y")
    let error = try check.largestRelativeError(
      outputShape: Shape([example.batch, example.filters] + example.output))
    #expect(error < 1e-6)
  }

  @Test(
    arguments: [
      ("MaxPool", [:], [3, 3]),
      ("MaxPool", ["strides": AttributeValue.integers([1, 1])], [6, 5]),
      ("MaxPool", ["strides": .integers([2, 2]), "ceil_mode": .integer(1)], [4, 3]),
      ("AveragePool", ["strides": .integers([2, 2])], [3, 3]),
      (
        "AveragePool",
        [
          "strides": .integers([2, 2]), "pads": .integers([1, 1, 1, 1]),
          "count_include_pad": .integer(1),
        ], [4, 4]
      ),
      ("AveragePool", ["strides": .integers([2, 2]), "pads": .integers([1, 1, 1, 1])], [4, 4]),
    ] as [(String, [String: AttributeValue], [Int])])
  func pooling(name: String, attributes: [String: AttributeValue], output: [Int]) throws {
    var attributes = attributes
    attributes["kernel_shape"] = .integers([2, 2])
    if attributes["strides"] == nil { attributes["strides"] = .integers([2, 2]) }
    let check = GradientCheck(
      inputs: [("x", GradientCheck.distinct([2, 3, 7, 6], seed: 4))],
      nodes: [Node(name, inputs: ["x"], outputs: ["y"], attributes: attributes)], output: "y")
    #expect(try check.largestRelativeError(outputShape: Shape([2, 3] + output)) < 1e-6)
  }
}
