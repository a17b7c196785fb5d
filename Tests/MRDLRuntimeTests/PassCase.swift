import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLRuntime
import Testing

/// A small graph with constants, and what its optimised form must be made of.
struct PassCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  var inputs: [ValueInfo] = [ValueInfo("x", .float32, ["N", 3, 9, 8])]
  var scalarType = ScalarType.float32
  let nodes: [Node]
  /// The tensors by name: shapes filled with numbers of either sign, or given whole.
  var shapes: [String: Shape] = [:]
  var tensors: [String: Tensor] = [:]
  /// The operators that are left, in order, as a profile names them; nil where that is not looked at.
  var left: [String]?
  var tolerance: Float = 2e-5

  /// Numbers that look random, between −1 and 1.
  static func numbers(_ shape: Shape, seed: UInt32) -> Tensor {
    var state = seed &* 2_654_435_761 &+ 12345
    return Tensor(
      (0..<shape.elementCount).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return Float(state >> 8) / 8_388_608 - 1
      }, shape: shape)
  }

  func model() throws -> Model {
    var list = tensors.map { ModelTensor($0.key, $0.value) }
    for (name, shape) in shapes {
      var tensor = Self.numbers(
        shape, seed: UInt32(name.utf8.reduce(7) { $0 &* 31 &+ Int($1) } & 0xFFFF))
      // Variances are positive.
      if name.hasPrefix("var") {
        tensor = Tensor(tensor.elements(as: Float.self).map { abs($0) + 0.5 }, shape: shape)
      }
      list.append(ModelTensor(name, tensor))
    }
    return Model(
      graph: Graph(
        inputs: inputs, outputs: [ValueInfo("y", .float32, nil)], nodes: nodes),
      tensors: try TensorTable(list))
  }

  /// The answer for a batch, and the operators that ran.
  ///
  /// - Parameter model: another form of the model.
  func run(
    batch: Int, disabledPasses: Set<String>, of model: Model? = nil
  ) throws -> (Tensor, [String]) {
    let program = try Program(
      try model ?? self.model(), options: ProgramOptions(disabledPasses: disabledPasses))
    var session = Session(program)
    session.startProfile()
    var given: [String: Tensor] = [:]
    for (index, input) in inputs.enumerated() {
      let shape = try #require(input.shape?.substituting(["N": batch]).shape)
      given[input.name] = Self.numbers(shape, seed: UInt32(index + 1))
    }
    let answer = try #require(try session.run(given)["y"])
    return (answer, session.currentProfile?.entries.map(\.operatorName) ?? [])
  }
}

/// The largest difference of two tensors of float32, relative where the numbers are above 1.
func largestDifference(_ left: Tensor, _ right: Tensor) -> Float {
  zip(left.elements(as: Float.self), right.elements(as: Float.self)).reduce(0) {
    max($0, abs($1.0 - $1.1) / max(1, abs($1.1)))
  }
}
