import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct ArithmeticTests {
  static let shapes: [([Int], [Int])] = [
    ([], []), ([1], []), ([5], [5]), ([5], [1]), ([1], [5]), ([2, 3, 4], [4]), ([4], [2, 3, 4]),
    ([2, 3, 4], [3, 1]), ([2, 3, 4], [2, 1, 1]), ([2, 1, 4], [3, 1]),
    ([1, 7, 1, 3], [2, 1, 5, 1]),
    ([3, 1, 2, 1], [1, 4, 1, 5]), ([0, 3], [1, 3]), ([2, 0], [1]), ([17], [17]),
    ([2, 3, 2, 3], [3, 2, 1]),
  ]
  static let names = ["Add", "Sub", "Mul", "Div"]

  static func reference(_ name: String, _ x: Double, _ y: Double) -> Double {
    switch name {
    case "Add": x + y
    case "Sub": x - y
    case "Mul": x * y
    default: x / y
    }
  }

  @Test(arguments: names, realTypes)
  func realNumbers(name: String, type: ScalarType) throws {
    var noise = Noise(3)
    for (left, right) in Self.shapes {
      let (x, y) = (noise.array(left), noise.array(right))
      let common = try #require(Shape(left).broadcast(with: Shape(right)))
      let expected = ReferenceArray(common.dimensions) {
        Self.reference(name, x.broadcast($0), y.broadcast($0))
      }
      let found = try run(name, [:], [Tensor(x, type), Tensor(y, type)])
      expect(found[0], is: expected, "\(left) \(right)")
    }
  }

  @Test(arguments: names, computableTypes.filter(\.isInteger))
  func wholeNumbers(name: String, type: ScalarType) throws {
    var noise = Noise(4)
    for (left, right) in Self.shapes {
      var (x, y) = (noise.array(left), noise.array(right))
      // 9 to 11 and 1 to 5: no result leaves any of the types.
      x.values = x.values.map { 10 + ($0 / 2).rounded() }
      y.values = y.values.map { ($0 + 3).rounded() }
      let common = try #require(Shape(left).broadcast(with: Shape(right)))
      let expected = ReferenceArray(common.dimensions) {
        Self.reference(name, x.broadcast($0), y.broadcast($0)).rounded(.towardZero)
      }
      let found = try run(name, [:], [Tensor(x, type), Tensor(y, type)])
      expect(found[0], is: expected, "\(left) \(right)")
    }
  }

  @Test func wholeNumbersWrap() throws {
    let big = Tensor([Int8.max, .min, .min, 100])
    let other = Tensor([Int8(1), 1, -1, 3])
    #expect(
      try run("Add", [:], [big, other])[0].elements(as: Int8.self) == [-128, -127, 127, 103])
    #expect(try run("Sub", [:], [big, other])[0].elements(as: Int8.self) == [126, 127, -127, 97])
    #expect(try run("Mul", [:], [big, other])[0].elements(as: Int8.self) == [127, -128, -128, 44])
    #expect(try run("Div", [:], [big, other])[0].elements(as: Int8.self) == [127, -128, -128, 33])
  }

  @Test func quotientsAreCutOffTowardsZero() throws {
    let found = try run(
      "Div", [:], [Tensor([Int32(7), -7, 7, -7]), Tensor([Int32(2), 2, -2, -2])])
    #expect(found[0].elements(as: Int32.self) == [3, -3, -3, 3])
  }

  @Test func divisionByZero() throws {
    expectError(.operatorFailed) {
      try run("Div", [:], [Tensor([Int64(1), 2]), Tensor([Int64(1), 0])])
    }
    expectError(.operatorFailed) {
      try run("Div", [:], [Tensor([UInt8(1), 2]), Tensor(scalar: UInt8(0))])
    }
    let reals = try run("Div", [:], [Tensor([Float(1), 0]), Tensor([Float(0), 0])])[0].numbers
    #expect(reals[0] == .infinity && reals[1].isNaN)
    let none = try run("Div", [:], [Tensor([Int32]()), Tensor(scalar: Int32(0))])
    #expect(none[0].elementCount == 0)
  }

  @Test func inference() throws {
    #expect(try shape("Add", [:], [["N", 3], [3]]) == ["N", 3])
    #expect(try shape("Add", [:], [["N", 3], ["N", 1]]) == ["N", 3])
    #expect(try shape("Add", [:], [["N", 1], ["M", 4]]) == [.unknown, 4])
    #expect(try shape("Add", [:], [["N"], [1]]) == ["N"])
    // A symbol that meets a number is 1 or that number.
    #expect(try shape("Add", [:], [["N"], [7]]) == [7])
    #expect(try shape("Add", [:], [[.unknown], [1]]) == [.unknown])
    #expect(
      try infer("Mul", [:], [ValueFacts(.int8, nil), ValueFacts(.int8, [1])])[0].shape == nil)
    expectError(.shapeMismatch) { try shape("Sub", [:], [[2, 3], [2]]) }
    expectError(.typeMismatch) {
      try infer("Add", [:], [ValueFacts(.float32, [1]), ValueFacts(.float64, [1])])
    }
    expectError(.typeMismatch) {
      try infer("Add", [:], [ValueFacts(.bool, [1]), ValueFacts(.bool, [1])])
    }
    expectError(.wrongInputCount) { try makeOperator("Add", inputs: 1) }
    expectError(.badAttribute) { try makeOperator("Add", ["axis": .integer(1)], inputs: 2) }
  }

  @Test(arguments: computableTypes)
  func signs(type: ScalarType) throws {
    let isSigned = type.isFloatingPoint || [.int8, .int16, .int32, .int64].contains(type)
    let x = ReferenceArray([5], isSigned ? [-3, -1, 0, 1, 100] : [3, 1, 0, 1, 100])
    let expected = ReferenceArray([5], x.values.map(\.magnitude))
    if type != .bool { expect(try run("Abs", [:], [Tensor(x, type)])[0], is: expected) }
    if isSigned {
      expect(
        try run("Neg", [:], [Tensor(x, type)])[0], is: ReferenceArray([5], x.values.map { -$0 }))
    } else {
      expectError(.typeMismatch) { try run("Neg", [:], [Tensor(x, type)]) }
    }
  }

  @Test func signsOfTheLowestNumber() throws {
    #expect(try run("Neg", [:], [Tensor([Int16.min])])[0].elements(as: Int16.self) == [.min])
    #expect(try run("Abs", [:], [Tensor([Int16.min])])[0].elements(as: Int16.self) == [.min])
    #expect(try run("Abs", [:], [Tensor([-0.0])])[0].numbers[0].sign == .plus)
  }
}
