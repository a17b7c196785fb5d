import Foundation
import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct ActivationTests {
  struct Function: Sendable, CustomTestStringConvertible {
    var name: String
    var attributes: [String: AttributeValue] = [:]
    var isPositive = false
    var value: @Sendable (Double) -> Double

    var testDescription: String { "\(name) \(attributes)" }
  }

  static let functions = [
    Function(name: "Relu") { max($0, 0) },
    Function(name: "LeakyRelu") { $0 < 0 ? 0.01 * $0 : $0 },
    Function(name: "LeakyRelu", attributes: ["alpha": .float(0.25)]) { $0 < 0 ? 0.25 * $0 : $0 },
    Function(name: "Sigmoid") { 1 / (1 + exp(-$0)) },
    Function(name: "Tanh") { tanh($0) },
    Function(name: "Exp") { exp($0) },
    Function(name: "Erf") { erf($0) },
    Function(name: "Log", isPositive: true) { log($0) },
    Function(name: "Sqrt", isPositive: true) { $0.squareRoot() },
  ]

  @Test(arguments: functions, realTypes)
  func againstDefinition(function: Function, type: ScalarType) throws {
    for count in [0, 1, 3, 4, 15, 16, 17, 1000, 40_001] {
      // From -20 to 20, not evenly.
      let x = ReferenceArray([count]) { index in
        let t = Double((index[0] * 7919) % 4001) / 100 - 20
        return Double(Float(function.isPositive ? t.magnitude + 0.001 : t))
      }
      let expected = ReferenceArray([count], x.values.map(function.value))
      let found = try run(function.name, function.attributes, [Tensor(x, type)])[0]
      #expect(found.elementCount == count)
      for (value, wanted) in zip(found.numbers, expected.values) {
        let bound = (type == .float32 ? 4e-7 : 2e-15) * max(wanted.magnitude, 1e-30)
        // Close to zero erf and tanh may be off by a unit of the last place of 1e-3.
        let slack = type == .float32 ? 1e-10 : 1e-17
        if (value - wanted).magnitude > bound + slack {
          Issue.record("\(function.name): \(value), expected \(wanted)")
          return
        }
      }
    }
  }

  @Test(arguments: functions)
  func inference(function: Function) throws {
    #expect(
      try shape(function.name, function.attributes, [["N", 3, .unknown]]) == ["N", 3, .unknown])
    expectError(.typeMismatch) { try infer(function.name, [:], [ValueFacts(.int32, [1])]) }
    expectError(.badAttribute) { try makeOperator(function.name, ["beta": .float(1)]) }
  }

  @Test(arguments: realTypes)
  func edges(type: ScalarType) throws {
    let x = ReferenceArray([4], [.infinity, -.infinity, .nan, 1000])
    func found(_ name: String) throws -> [Double] {
      try run(name, [:], [Tensor(x, type)])[0].numbers
    }
    #expect(try found("Sigmoid").prefix(2) == [1, 0])
    #expect(try found("Tanh").prefix(2) == [1, -1])
    #expect(
      try found("Exp")[0] == .infinity && found("Exp")[1] == 0 && found("Exp")[3] == .infinity)
    for name in ["Sigmoid", "Tanh", "Exp", "Log", "Sqrt", "Erf", "Relu", "LeakyRelu"] {
      #expect(try found(name)[2].isNaN, "\(name) of NaN")
    }
    let logarithms = try run("Log", [:], [Tensor(ReferenceArray([2], [0, -1]), type)])[0].numbers
    #expect(logarithms[0] == -.infinity && logarithms[1].isNaN)
  }

  @Test(arguments: Array(Set.numbers).sorted { $0.rawValue < $1.rawValue })
  func clip(type: ScalarType) throws {
    let x = ReferenceArray([6], [0, 1, 5, 50, 99, 100])
    func single(_ value: Double?) -> Tensor? {
      value.map { Tensor(ReferenceArray([], [$0]), type) }
    }
    for (low, high) in [(nil, nil), (5.0, nil), (nil, 50.0), (2.0, 60.0), (60.0, 7.0)] {
      let expected = ReferenceArray(
        [6], x.values.map { min(max($0, low ?? -.infinity), high ?? .infinity) })
      let found = try run("Clip", [:], [Tensor(x, type), single(low), single(high)])
      expect(found[0], is: expected, "\(low ?? -1) \(high ?? -1)")
    }
  }

  @Test func clipInference() throws {
    #expect(try shape("Clip", [:], [["N", 2], [], [1]]) == ["N", 2])
    expectError(.shapeMismatch) { try shape("Clip", [:], [["N", 2], [2]]) }
    expectError(.typeMismatch) {
      try infer("Clip", [:], [ValueFacts(.float32, [1]), ValueFacts(.float64, [])])
    }
    let notANumber = try run("Clip", [:], [Tensor([Float.nan]), Tensor(scalar: Float(0))])
    #expect(notANumber[0].numbers[0].isNaN)
  }

  static let lines: [([Int], Int)] = [
    ([10], 0), ([1, 10], -1), ([3, 10], 1), ([3, 10], 0), ([2, 3, 4], 1), ([2, 3, 40], -2),
    ([2, 17, 33], 2), ([5, 1], 1), ([], 0), ([0, 3], 1), ([3, 0], 1), ([2, 9, 50, 3], 1),
  ]

  @Test(arguments: lines, realTypes)
  func softmax(line: ([Int], Int), type: ScalarType) throws {
    var noise = Noise(41)
    var x = noise.array(line.0)
    x.values = x.values.map { $0 * 20 }
    let axis = line.1 < 0 ? line.1 + x.shape.count : line.1
    func expected(_ isLogarithmic: Bool) -> ReferenceArray {
      ReferenceArray(x.shape) { index in
        if x.shape.isEmpty { return isLogarithmic ? 0 : 1 }
        let along = (0..<x.shape[axis]).map { position -> Double in
          var other = index
          other[axis] = position
          return x[other]
        }
        let top = along.max() ?? 0
        let sum = along.reduce(0) { $0 + exp($1 - top) }
        return isLogarithmic ? x[index] - top - log(sum) : exp(x[index] - top) / sum
      }
    }
    let attributes: [String: AttributeValue] = ["axis": .integer(Int64(line.1))]
    for (name, isLogarithmic) in [("Softmax", false), ("LogSoftmax", true)] {
      let found = try run(name, attributes, [Tensor(x, type)])
      expect(found[0], is: expected(isLogarithmic), name)
      let parallel = try run(name, attributes, [Tensor(x, type)], threads: 2)
      #expect(parallel[0].bytes == found[0].bytes)
    }
  }

  @Test func softmaxOfLargeNumbers() throws {
    let found = try run("Softmax", [:], [Tensor([Float(1e4), 1e4, -1e4])])[0].numbers
    #expect(found == [0.5, 0.5, 0])
    #expect(try shape("Softmax", [:], [["N", 10]]) == ["N", 10])
    expectError(.badAttribute) { try shape("Softmax", ["axis": .integer(2)], [["N", 10]]) }
    expectError(.badAttribute) { try shape("LogSoftmax", ["axis": .integer(-3)], [["N", 10]]) }
  }
}
