import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct NormalizationTests {
  @Test(arguments: [[2, 3, 4, 5], [1, 7], [3, 17, 9], [0, 3, 2], [2, 1, 2, 3, 2]], realTypes)
  func batchNormalization(extents: [Int], type: ScalarType) throws {
    var noise = Noise(51)
    let x = noise.array(extents)
    let channels = [extents[1]]
    let (scale, offset, mean) = (
      noise.array(channels), noise.array(channels), noise.array(channels)
    )
    var variance = noise.array(channels)
    variance.values = variance.values.map { $0 * $0 }
    let epsilon = 0.0078125
    let expected = ReferenceArray(extents) { index in
      let c = index[1]
      return (x[index] - mean.values[c]) / (variance.values[c] + epsilon).squareRoot()
        * scale.values[c] + offset.values[c]
    }
    let inputs = [x, scale, offset, mean, variance].map { Tensor($0, type) }
    let attributes: [String: AttributeValue] = ["epsilon": .float(epsilon)]
    let found = try run("BatchNormalization", attributes, inputs)[0]
    expect(found, is: expected, tolerance: type == .float32 ? 5e-6 : 1e-13)
    #expect(
      try run("BatchNormalization", attributes, inputs, threads: 2)[0].bytes == found.bytes)
  }

  @Test func batchNormalizationInference() throws {
    let four: [SymbolicShape?] = [[3], [3], [3], [3]]
    #expect(try shape("BatchNormalization", [:], [["N", 3, "H", 2]] + four) == ["N", 3, "H", 2])
    expectError(.shapeMismatch) { try shape("BatchNormalization", [:], [["N", 4, 2]] + four) }
    expectError(.shapeMismatch) { try shape("BatchNormalization", [:], [[4]] + four) }
    // The averages are outputs of training alone.
    let facts = [ValueFacts(.float32, ["N", 3, 2])] + four.map { ValueFacts(.float32, $0) }
    expectError(.badAttribute) { try infer("BatchNormalization", [:], facts, outputs: 3) }
    let training = try infer(
      "BatchNormalization", ["training_mode": .integer(1)], facts, outputs: 3)
    #expect(training.map(\.shape) == [["N", 3, 2], [3], [3]])
  }

  @Test func dropout() throws {
    let x = Tensor([Float(1), -2, 3], shape: [3, 1])
    let found = try run(
      "Dropout", ["seed": .integer(3)], [x, Tensor(scalar: Float(0.5)), Tensor(scalar: false)],
      outputs: 2)
    #expect(found[0].bytes == x.bytes && found[0].shape == x.shape)
    #expect(found[1].scalarType == .bool && found[1].bytes == [1, 1, 1])
    #expect(found[1].shape == x.shape)
    expectError(.badAttribute) {
      try run("Dropout", [:], [x, Tensor(scalar: Float(1)), Tensor(scalar: true)])
    }
    #expect(try shape("Dropout", [:], [["N", 3]]) == ["N", 3])
  }
}
