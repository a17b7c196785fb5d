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
      var inputs: [String: Tensor] = [:]
      for (name, tensor) in golden.inputs {
        inputs[name] = try load(tensor, from: model, at: place)
      }
      let outputs = try session.run(inputs)
      for (name, tensorName) in golden.outputs.sorted(by: { $0.key < $1.key }) {
        let expected = try load(tensorName, from: model, at: place)
        guard let found = outputs[name] else {
          diagnostics.report(
            .badGolden, "a golden vector gives an output that the model lacks",
            found: "\"\(name)\"", at: place)
          continue
        }
        guard found.shape == expected.shape, found.scalarType == expected.scalarType else {
          diagnostics.report(
            .goldenMismatch, "output \"\(name)\" has another type or shape than its golden vector",
            found: "\(found.scalarType.rawValue) \(found.shape)",
            expected: "\(expected.scalarType.rawValue) \(expected.shape)", at: place)
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

  private static func load(
    _ name: String, from model: Model, at place: Place
  ) throws(MRDLError) -> Tensor {
    guard let tensor = model.tensors[name] else {
      throw MRDLError(
        .missingTensor, "a golden vector names a tensor that is not in the table",
        found: "\"\(name)\"", at: place)
    }
    return try tensor.load()
  }

  private static func compare(
    _ found: Tensor, _ expected: Tensor, _ golden: GoldenVector, _ output: String
  ) throws(MRDLError) -> Result {
    let foundNumbers = try Answer.numbers(in: found)
    let expectedNumbers = try Answer.numbers(in: expected)
    var largest = 0.0
    var wrong = 0
    for (found, expected) in zip(foundNumbers, expectedNumbers) {
      if found == expected || (found.isNaN && expected.isNaN) { continue }
      let error = abs(found - expected)
      if !(error <= golden.absoluteTolerance + golden.relativeTolerance * abs(expected)) {
        wrong += 1
      }
      largest = error.isNaN || error > largest ? error : largest
    }
    return Result(
      golden: golden.name, output: output, largestError: largest, wrongCount: wrong,
      elementCount: expectedNumbers.count)
  }
}

extension Model {
  /// Adds a golden vector: runs the model on some inputs and stores them with the answers.
  ///
  /// The run follows the graph node by node where it can, so that a golden vector vouches for what passes make of
  /// the graph, too.
  ///
  /// - Parameters:
  ///   - inputs: a tensor for each input of the model.
  ///   - options: how the model is run.
  /// - Throws: an error of running.
  public mutating func addGoldenVector(
    _ name: String, inputs: [String: Tensor], absoluteTolerance: Double = 1e-5,
    relativeTolerance: Double = 1e-4, options: SessionOptions = SessionOptions()
  ) throws(MRDLError) {
    let outputs: [String: Tensor]
    if let run = try StepwiseRun(self, options: options) {
      outputs = try run.outputs(for: inputs)
    } else {
      var session = Session(try Program(self), options: options)
      outputs = try session.run(inputs)
    }
    func store(_ tensors: [String: Tensor]) -> [String: String] {
      var names: [String: String] = [:]
      for (value, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
        let stored = "golden/\(name)/\(value)"
        self.tensors[stored] = ModelTensor(stored, tensor)
        names[value] = stored
      }
      return names
    }
    goldenVectors.removeAll { $0.name == name }
    goldenVectors.append(
      GoldenVector(
        name: name, inputs: store(inputs), outputs: store(outputs),
        absoluteTolerance: absoluteTolerance, relativeTolerance: relativeTolerance))
  }
}
