import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

/// One node whose gradients are held against central differences.
struct GradientCase: Sendable, CustomTestStringConvertible {
  var name: String
  /// The shapes of the inputs that are differentiated, and where they stand among the inputs.
  var shapes: [(input: Int, shape: Shape)]
  var attributes: [String: AttributeValue] = [:]
  /// The other inputs, and where they stand.
  var constants: [(input: Int, value: Tensor)] = []
  var output: Shape
  /// Which output the loss is made of.
  var outputIndex = 0
  /// Numbers that keep clear of each other and of zero, rather than any.
  var isDistinct = false
  var low = -1.0
  var high = 1.0

  var testDescription: String { "\(name) \(shapes.map(\.shape)) \(attributes)" }

  /// Runs the check.
  func expectAgreement(below bound: Double = 1e-6) throws {
    let count = (shapes.map(\.input) + constants.map(\.input)).max().map { $0 + 1 } ?? 0
    var inputs = [String](repeating: "", count: count)
    var values: [(name: String, value: Tensor)] = []
    for (number, (input, shape)) in shapes.enumerated() {
      inputs[input] = "x\(input)"
      let seed = UInt64(100 + 7 * number)
      values.append(
        (
          "x\(input)",
          isDistinct
            ? GradientCheck.distinct(shape, seed: seed)
            : GradientCheck.numbers(shape, seed: seed, from: low, to: high)
        ))
    }
    for constant in constants { inputs[constant.input] = "c\(constant.input)" }
    var nodes: [Node] = []
    if outputIndex == 0 {
      nodes.append(Node(name, inputs: inputs, outputs: ["y"], attributes: attributes))
    } else {
      // The first output is there because somebody reads it, and counts for nothing.
      let outputs = ["first"] + [String](repeating: "", count: outputIndex - 1) + ["part"]
      nodes = [
        Node(name, inputs: inputs, outputs: outputs, attributes: attributes),
        Node(
          "ReduceSum", inputs: ["first"], outputs: ["sum"], attributes: ["keepdims": .integer(0)]),
        Node("Mul", inputs: ["sum", "zero"], outputs: ["nothing"]),
        Node("Add", inputs: ["part", "nothing"], outputs: ["y"]),
      ]
    }
    let check = GradientCheck(
      inputs: values, nodes: nodes, output: "y",
      constants: constants.map { ("c\($0.input)", $0.value) }
        + [("zero", Tensor([Double(0)], shape: .scalar))])
    #expect(try check.largestRelativeError(outputShape: output) < bound)
  }
}
