import MRDLCore
import MRDLModel
import MRDLNumerics
import MRDLOperators
import MRDLRuntime
import MRDLTraining
import Testing

/// Holds the gradients of a graph against central differences, both in f64 through the real executor.
struct GradientCheck {
  /// The inputs of the graph, all of them differentiated, with shapes and values.
  var inputs: [(name: String, value: Tensor)]
  var nodes: [Node]
  /// The value that the loss is made of.
  var output: String
  /// Constants such as axes and shapes.
  var constants: [(name: String, value: Tensor)] = []

  /// Numbers from a seed, in a range that keeps clear of the kinks of the functions under test.
  static func numbers(_ shape: Shape, seed: UInt64, from low: Double = -1, to high: Double = 1)
    -> Tensor
  {
    var numbers = RandomNumbers(seed: seed)
    return Tensor(
      (0..<shape.elementCount).map { _ in numbers.nextUniform(from: low, to: high) }, shape: shape)
  }

  /// Numbers at least 0.05 apart from each other and from zero, in random order.
  static func distinct(_ shape: Shape, seed: UInt64) -> Tensor {
    var numbers = RandomNumbers(seed: seed)
    let order = numbers.nextPermutation(count: shape.elementCount)
    let middle = Double(shape.elementCount) / 2
    return Tensor(order.map { (Double($0) - middle + 0.5) * 0.1 }, shape: shape)
  }

  /// The quadratic loss against a fixed random target, so that every element of the output counts.
  func model(outputShape: Shape) throws -> Model {
    var model = Model(
      graph: Graph(
        inputs: inputs.map { ValueInfo($0.name, .float64, SymbolicShape($0.value.shape)) },
        nodes: nodes
          + [
            Node(
              "QuadraticLoss", domain: OperatorSet.mrdlDomain, inputs: [output, "the_target"],
              outputs: ["the_loss"], attributes: ["reduction": .string("sum")])
          ]))
    for constant in constants {
      model.tensors[constant.name] = ModelTensor(constant.name, constant.value)
    }
    model.tensors["the_target"] = ModelTensor(
      "the_target", Self.numbers(outputShape, seed: 4711))
    model.graph.outputs = [ValueInfo("the_loss", .float64, SymbolicShape(.scalar))]
    return model
  }

  /// The largest error relative to the largest derivative of an input.
  func largestRelativeError(outputShape: Shape) throws -> Double {
    let forward = try model(outputShape: outputShape)
    let names = inputs.map(\.name)
    var (backward, gradients) = try forward.differentiated(
      loss: "the_loss", withRespectTo: names)
    backward.graph.outputs = gradients.map { ValueInfo($0, .float64, nil) }
    let options = ProgramOptions(mode: .training)
    var loss = Session(try Program(forward, options: options, operators: .training))
    var gradient = Session(try Program(backward, options: options, operators: .training))
    let values = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.value) })
    let found = try gradient.run(values)
    var worst = 0.0
    for (input, name) in zip(inputs, gradients) {
      let found = try #require(found[name])
      #expect(found.shape == input.value.shape)
      let derivatives = found.elements(as: Double.self)
      let start = input.value.elements(as: Double.self)
      let step = 1e-5
      var differences: [Double] = []
      for index in start.indices {
        func lossWith(_ value: Double) throws -> Double {
          var changed = start
          changed[index] = value
          var values = values
          values[input.name] = Tensor(changed, shape: input.value.shape)
          return try #require(try loss.run(values)["the_loss"]).elements(as: Double.self)[0]
        }
        differences.append(
          (try lossWith(start[index] + step) - lossWith(start[index] - step)) / (2 * step))
      }
      let scale = max(differences.map { abs($0) }.max() ?? 0, 1e-3)
      for (derivative, difference) in zip(derivatives, differences) {
        let error = abs(derivative - difference) / scale
        if !(error <= worst) { worst = error }
      }
    }
    return worst
  }
}
