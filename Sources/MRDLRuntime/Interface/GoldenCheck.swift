public import MRDLCore
public import MRDLModel

/// Runs the golden vectors of a model and makes new ones.
public struct GoldenCheck: Sendable {
  /// How far one output of one golden vector is from what it must be.
  public struct Result: Sendable, Hashable {
    public let golden: String
    public let output: String
    /// The largest |found − expected|; NaN where one of the two is.
    public let largestError: Double
    /// How many elements are farther off than the tolerance permits.
    public let wrongCount: Int
    public let elementCount: Int
  }

  /// Runs every golden vector of a model, and reports each that is not reproduced.
  ///
  /// - Parameter program: the program of the same model.
  /// - Returns: what was measured, an entry for each output.
  /// - Throws: an error of running.
  @discardableResult
  public static func run(
    _ model: Model, program: Program, diagnostics: Diagnostics
  ) throws(MRDLError) -> [Result] {
    var results: [Result] = []
    for golden in model.goldenVectors {
      let place = Place("/golden/\(golden.name)")
      var session = Session(program)
      let outputs = try session.run(values: try golden.loadInputs(from: model.tensors, at: place))
      for (name, value) in golden.outputs.sorted(by: { $0.key < $1.key }) {
        let expected = try value.load(from: model.tensors, at: place)
        guard let found = outputs[name] else {
          diagnostics.report(
            .badGolden, "a golden vector gives an output that the model lacks",
            found: "\"\(name)\"", at: place)
          continue
        }
        if let difference = difference(found, expected) {
          diagnostics.report(
            .goldenMismatch,
            "output \"\(name)\" has another kind, type or shape than its golden vector",
            found: difference.found, expected: difference.expected, at: place)
          continue
        }
        let result = try compare(found, expected, golden, name)
        results.append(result)
        if result.wrongCount > 0 {
          diagnostics.report(
            .goldenMismatch, "output \"\(name)\" differs from its golden vector",
            found: "\(result.wrongCount) of \(result.elementCount) elements off, "
              + "the worst by \(result.largestError)",
            expected: "at most \(golden.absoluteTolerance) + \(golden.relativeTolerance) · |value|",
            at: place)
        }
      }
    }
    return results
  }

  /// What two values are, where they do not consist of tensors of the same types and shapes.
  private static func difference(
    _ found: GraphValue, _ expected: GraphValue
  ) -> (found: String, expected: String)? {
    switch (found, expected) {
    case (.tensor(let left), .tensor(let right))
    where left.shape == right.shape && left.scalarType == right.scalarType:
      return nil
    case (.optional(let left?), _): return difference(left, expected)
    case (.optional(nil), .optional(nil)): return nil
    case (.sequence(let left), .sequence(let right)) where left.count == right.count:
      return zip(left, right).lazy.compactMap { difference($0, $1) }.first
    default: return (found.kindName, expected.kindName)
    }
  }

  /// - Precondition: the two are of the same kind and shapes.
  private static func compare(
    _ found: GraphValue, _ expected: GraphValue, _ golden: GoldenVector, _ output: String
  ) throws(MRDLError) -> Result {
    var (largest, wrong, count) = (0.0, 0, 0)
    for (found, expected) in zip(found.tensors, expected.tensors) {
      let expectedNumbers = try Answer.numbers(in: expected)
      for (found, expected) in zip(try Answer.numbers(in: found), expectedNumbers) {
        if found == expected || (found.isNaN && expected.isNaN) { continue }
        let error = abs(found - expected)
        if !(error <= golden.absoluteTolerance + golden.relativeTolerance * abs(expected)) {
          wrong += 1
        }
        largest = error.isNaN || error > largest ? error : largest
      }
      count += expectedNumbers.count
    }
    return Result(
      golden: golden.name, output: output, largestError: largest, wrongCount: wrong,
      elementCount: count)
  }
}

extension Model {
  /// Adds a golden vector: runs the model on some inputs and stores them with the answers.
  ///
  /// The run follows the graph node by node where it can, so that a golden vector vouches for what passes make of
  /// the graph, too.
  ///
  /// - Parameters:
  ///   - inputs: a value for each input of the model.
  ///   - options: how the model is run.
  /// - Throws: an error of running.
  public mutating func addGoldenVector(
    _ name: String, values inputs: [String: GraphValue], absoluteTolerance: Double = 1e-5,
    relativeTolerance: Double = 1e-4, options: SessionOptions = SessionOptions()
  ) throws(MRDLError) {
    let outputs: [String: GraphValue]
    if let run = try StepwiseRun(self, options: options) {
      outputs = try run.outputs(for: inputs.compactMapValues(\.tensors.first))
        .mapValues { .tensor($0) }
    } else {
      var session = Session(try Program(self), options: options)
      outputs = try session.run(values: inputs)
    }
    removeGoldenVectors { $0.name == name }
    func store(_ values: [String: GraphValue]) -> [String: GoldenValue] {
      var stored: [String: GoldenValue] = [:]
      for (value, content) in values.sorted(by: { $0.key < $1.key }) {
        stored[value] = tensors.store(content, as: "golden/\(name)/\(value)")
      }
      return stored
    }
    goldenVectors.append(
      GoldenVector(
        name: name, inputs: store(inputs), outputs: store(outputs),
        absoluteTolerance: absoluteTolerance, relativeTolerance: relativeTolerance))
  }

  /// Adds a golden vector of a model whose inputs are all tensors.
  public mutating func addGoldenVector(
    _ name: String, inputs: [String: Tensor], absoluteTolerance: Double = 1e-5,
    relativeTolerance: Double = 1e-4, options: SessionOptions = SessionOptions()
  ) throws(MRDLError) {
    try addGoldenVector(
      name, values: inputs.mapValues { .tensor($0) }, absoluteTolerance: absoluteTolerance,
      relativeTolerance: relativeTolerance, options: options)
  }
}
