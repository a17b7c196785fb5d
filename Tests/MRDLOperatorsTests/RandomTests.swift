import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

/// Operators that draw random numbers: the same in every run, and distributed as they say.
struct RandomTests {
  private static let count: Int64 = 20_000

  private func moments(_ tensor: Tensor) -> (mean: Double, deviation: Double) {
    let numbers = tensor.numbers
    let mean = numbers.reduce(0, +) / Double(numbers.count)
    let square = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
    return (mean, square.squareRoot())
  }

  @Test(arguments: [1, 10, 11] as [Int64])
  func normal(code: Int64) throws {
    let attributes: [String: AttributeValue] = [
      "shape": .integers([Self.count]), "mean": .float(3), "scale": .float(2),
      "dtype": .integer(code), "seed": .float(5),
    ]
    let found = try run("RandomNormal", attributes, [])[0]
    let (mean, deviation) = moments(found)
    #expect(abs(mean - 3) < 0.06 && abs(deviation - 2) < 0.05)
    #expect(try run("RandomNormal", attributes, [])[0].numbers == found.numbers)
    var other = attributes
    other["seed"] = .float(6)
    #expect(try run("RandomNormal", other, [])[0].numbers != found.numbers)
  }

  @Test func uniform() throws {
    let x = Tensor(zeros: Shape([Int(Self.count)]), scalarType: .float32)
    let found = try run("RandomUniformLike", ["low": .float(-1), "high": .float(3)], [x])[0]
    let (mean, deviation) = moments(found)
    #expect(abs(mean - 1) < 0.05 && abs(deviation - 4 / 12.0.squareRoot()) < 0.05)
    #expect(found.numbers.allSatisfy { (-1..<3).contains($0) })
  }

  @Test func bernoulli() throws {
    let x = Tensor((0..<Int(Self.count)).map { Float($0 % 3) / 2 })
    let found = try run("Bernoulli", ["dtype": .integer(9)], [x])[0].elements(as: Bool.self)
    var halves = 0
    for (index, value) in found.enumerated() {
      switch index % 3 {
      case 0: #expect(!value)
      case 1: halves += value ? 1 : 0
      default: #expect(value)
      }
    }
    #expect(abs(Double(halves) / Double(Self.count / 3) - 0.5) < 0.03)
  }

  @Test func multinomial() throws {
    let x = Tensor([-.infinity, 0, Float(0.693_147_18), -.infinity, 0, 0], shape: [2, 3])
    let found = try run("Multinomial", ["sample_size": .integer(Self.count)], [x])[0]
    #expect(found.shape.dimensions == [2, Int(Self.count)])
    let classes = found.elements(as: Int32.self)
    #expect(!classes.contains(0))
    let twos = classes.prefix(Int(Self.count)).count { $0 == 2 }
    #expect(abs(Double(twos) / Double(Self.count) - 2.0 / 3) < 0.02)
  }

  @Test func droppedElements() throws {
    let x = Tensor([Float](repeating: 3, count: Int(Self.count)))
    let found = try run(
      "Dropout", ["seed": .integer(1)],
      [x, Tensor(scalar: Float(0.25)), Tensor([true], shape: [])], outputs: 2)
    let (y, mask) = (found[0].elements(as: Float.self), found[1].elements(as: Bool.self))
    for (value, isKept) in zip(y, mask) { #expect(value == (isKept ? 4 : 0)) }
    let kept = mask.count { $0 }
    #expect(abs(Double(kept) / Double(Self.count) - 0.75) < 0.02)
    let inference = try run(
      "Dropout", [:], [x, Tensor(scalar: Float(0.25)), Tensor([false], shape: [])], outputs: 2)
    #expect(inference[0].numbers == x.numbers)
  }

  @Test func statisticsOfTheBatch() throws {
    var noise = Noise(2)
    let x = noise.array([3, 2, 4])
    let scale = ReferenceArray([2], [1.5, -0.5])
    let shift = ReferenceArray([2], [0.25, 1])
    let statistics = [ReferenceArray([2], [0.5, -1]), ReferenceArray([2], [2, 3])]
    let inputs = ([x, scale, shift] + statistics).map { Tensor($0, .float64) as Tensor? }
    let found = try run(
      "BatchNormalization",
      ["training_mode": .integer(1), "momentum": .float(0.9), "epsilon": .float(0.01)], inputs,
      outputs: 3)
    var (means, variances): ([Double], [Double]) = ([], [])
    for channel in 0..<2 {
      let values = (0..<3).flatMap { n in (0..<4).map { x[[n, channel, $0]] } }
      let mean = values.reduce(0, +) / 12
      means.append(mean)
      variances.append(values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 12)
    }
    expect(
      found[0],
      is: ReferenceArray([3, 2, 4]) { index in
        let channel = index[1]
        return (x[index] - means[channel]) / (variances[channel] + 0.01).squareRoot()
          * scale.values[channel] + shift.values[channel]
      }, tolerance: 1e-12)
    for (output, values) in [(1, means), (2, variances)] {
      expect(
        found[output],
        is: ReferenceArray(
          [2], zip(statistics[output - 1].values, values).map { 0.9 * $0 + 0.1 * $1 }),
        tolerance: 1e-12)
    }
  }
}
