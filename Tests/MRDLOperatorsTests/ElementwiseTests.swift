import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

/// Functions, comparisons and logic against formulas in double precision.
struct ElementwiseTests {
  static let table:
    [(name: String, attributes: [String: AttributeValue], low: Double, high: Double)] = [
      ("Sin", [:], -9, 9), ("Cos", [:], -9, 9), ("Tan", [:], -1.4, 1.4), ("Asin", [:], -1, 1),
      ("Acos", [:], -1, 1), ("Atan", [:], -9, 9), ("Sinh", [:], -4, 4), ("Cosh", [:], -4, 4),
      ("Asinh", [:], -9, 9), ("Acosh", [:], 1, 9), ("Atanh", [:], -0.9, 0.9), ("Ceil", [:], -9, 9),
      ("Floor", [:], -9, 9), ("Round", [:], -9, 9), ("Sign", [:], -1, 1),
      ("Reciprocal", [:], 0.5, 9), ("Softplus", [:], -30, 30), ("Softsign", [:], -9, 9),
      ("Elu", ["alpha": .float(1.5)], -9, 9), ("Selu", [:], -9, 9),
      ("Celu", ["alpha": .float(2)], -9, 9), ("Gelu", [:], -6, 6),
      ("Gelu", ["approximate": .string("tanh")], -6, 6), ("Mish", [:], -9, 9),
      ("HardSwish", [:], -5, 5), ("Swish", ["alpha": .float(1.7)], -9, 9),
      ("ThresholdedRelu", ["alpha": .float(0.5)], -2, 2),
      ("Shrink", ["bias": .float(0.25), "lambd": .float(0.75)], -2, 2),
    ]

  private func expected(_ name: String, _ isTanh: Bool, _ x: Double) -> Double {
    let softplus = logarithm(1 + exponential(x))
    switch name {
    case "Sin": return sine(x)
    case "Cos": return cosine(x)
    case "Tan": return sine(x) / cosine(x)
    case "Asin": return arcTangent(x / ((1 - x) * (1 + x)).squareRoot())
    case "Acos": return .pi / 2 - arcTangent(x / ((1 - x) * (1 + x)).squareRoot())
    case "Atan": return arcTangent(x)
    case "Sinh": return (exponential(x) - exponential(-x)) / 2
    case "Cosh": return (exponential(x) + exponential(-x)) / 2
    case "Asinh": return (x < 0 ? -1 : 1) * logarithm(abs(x) + (x * x + 1).squareRoot())
    case "Acosh": return logarithm(x + (x * x - 1).squareRoot())
    case "Atanh": return 0.5 * logarithm((1 + x) / (1 - x))
    case "Ceil": return x.rounded(.up)
    case "Floor": return x.rounded(.down)
    case "Round": return x.rounded(.toNearestOrEven)
    case "Sign": return x > 0 ? 1 : x < 0 ? -1 : 0
    case "Reciprocal": return 1 / x
    case "Softplus": return softplus
    case "Softsign": return x / (1 + abs(x))
    case "Elu": return x < 0 ? 1.5 * (exponential(x) - 1) : x
    case "Selu":
      let (alpha, gamma) = (1.6732631921768188, 1.0507010221481323)
      return x > 0 ? gamma * x : gamma * alpha * (exponential(x) - 1)
    case "Celu": return max(0, x) + min(0, 2 * (exponential(x / 2) - 1))
    case "Gelu":
      let inner = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
      return isTanh
        ? 0.5 * x * (1 + hyperbolicTangent(inner))
        : 0.5 * x * (1 + errorFunction(x / 2.0.squareRoot()))
    case "Mish": return x * hyperbolicTangent(softplus)
    case "HardSwish": return x * max(0, min(1, x / 6 + 0.5))
    case "Swish": return x / (1 + exponential(-1.7 * x))
    case "ThresholdedRelu": return x > 0.5 ? x : 0
    default: return x < -0.75 ? x + 0.25 : x > 0.75 ? x - 0.25 : 0
    }
  }

  @Test(arguments: 0..<table.count, realTypes) func functions(
    index: Int, type: ScalarType
  ) throws {
    let (name, attributes, low, high) = Self.table[index]
    // More elements than a stretch or a piece has, and an odd number of them.
    let count = 700
    let x = ReferenceArray([count + 1]) { low + (high - low) * Double($0[0]) / Double(count) }
    let input = Tensor(x, type)
    let isTanh = attributes["approximate"] != nil
    let reference = ReferenceArray(x.shape) { index in
      expected(name, isTanh, type == .float32 ? Double(Float(x[index])) : x[index])
    }
    if name == "Asin" || name == "Acos" {
      // The formula divides by zero at both ends.
      let y = try run(name, attributes, [input])[0]
      #expect(y.shape == Shape(x.shape))
      let inside = Tensor(ReferenceArray([count - 1]) { x[[$0[0] + 1]] }, type)
      let middle = ReferenceArray([count - 1]) { reference[[$0[0] + 1]] }
      expect(try run(name, attributes, [inside])[0], is: middle, name)
      return
    }
    expect(try run(name, attributes, [input])[0], is: reference, name)
    #expect(
      try run(name, attributes, [Tensor(zeros: [0, 3], scalarType: type)])[0].shape == [0, 3])
    #expect(try run(name, attributes, [Tensor(zeros: [], scalarType: type)])[0].shape == [])
  }

  @Test(arguments: ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"])
  func comparisons(name: String) throws {
    func holds<Number: Comparable>(_ a: Number, _ b: Number) -> Bool {
      switch name {
      case "Equal": a == b
      case "Less": a < b
      case "LessOrEqual": a <= b
      case "Greater": a > b
      default: a >= b
      }
    }
    let column: [Float] = [-1, 0, .nan, .infinity]
    let row: [Float] = [0, -1, .nan, .infinity, 2]
    let found = try run(
      name, [:], [Tensor(column, shape: [4, 1]), Tensor(row)])[0]
    #expect(found.shape == [4, 5])
    #expect(found.elements(as: Bool.self) == column.flatMap { a in row.map { holds(a, $0) } })
    let unsigned: [UInt64] = [0, 1, .max]
    let whole = try run(name, [:], [Tensor(unsigned, shape: [3, 1]), Tensor(unsigned)])[0]
    #expect(
      whole.elements(as: Bool.self) == unsigned.flatMap { a in unsigned.map { holds(a, $0) } })
    let half = try run(
      name, [:], [Tensor(column.map { Half($0) }), Tensor([Half(0)])])[0]
    #expect(half.elements(as: Bool.self) == column.map { holds($0, 0) })
  }

  @Test func remaindersFollowDivisorOrDividend() throws {
    let a: [Int32] = [-7, -7, 7, 7, 6, .min]
    let b: [Int32] = [3, -3, 3, -3, 3, -1]
    let python = try run("Mod", [:], [Tensor(a), Tensor(b)])[0].elements(as: Int32.self)
    #expect(python == [2, -1, 1, -2, 0, 0])
    let c = try run("Mod", ["fmod": .integer(1)], [Tensor(a), Tensor(b)])[0]
    #expect(c.elements(as: Int32.self) == [-1, -1, 1, 1, 0, 0])
    expectError(.operatorFailed) { try run("Mod", [:], [Tensor([Int32(1)]), Tensor([Int32(0)])]) }
  }

  @Test func extremesPropagateNaN() throws {
    let x = Tensor([Float(1), .nan, 3])
    let y = Tensor([Float(2), 2, .nan])
    let largest = try run("Max", [:], [x, y, Tensor([Float(0)])])[0].elements(as: Float.self)
    #expect(largest[0] == 2 && largest[1].isNaN && largest[2].isNaN)
    let smallest = try run("Min", [:], [x, y])[0].elements(as: Float.self)
    #expect(smallest[0] == 1 && smallest[1].isNaN && smallest[2].isNaN)
    let one = try run("Mean", [:], [x])[0].elements(as: Float.self)
    #expect(one[0] == 1 && one[1].isNaN && one[2] == 3)
  }

  @Test func whereChoosesAmongThreeShapes() throws {
    let condition = Tensor([true, false, true], shape: [3, 1])
    let x = Tensor([Int64(1), 2])
    let y = Tensor([Int64(-1)])
    let z = try run("Where", [:], [condition, x, y])[0]
    #expect(z.shape == [3, 2])
    #expect(z.elements(as: Int64.self) == [1, 2, -1, -1, 1, 2])
  }

  @Test func powersOfMixedTypes() throws {
    let whole = try run("Pow", [:], [Tensor([Int64(3), -2, 7]), Tensor([Float(2), 3, 0.5])])[0]
    #expect(whole.elements(as: Int64.self) == [9, -8, 2])
    let exact = try run("Pow", [:], [Tensor([Int64(3)]), Tensor([Int32(39)])])[0]
    #expect(exact.elements(as: Int64.self) == [4_052_555_153_018_976_267])
    let real = try run("Pow", [:], [Tensor([Float(2), 9]), Tensor([Int32(-1), 2])])[0]
    #expect(real.elements(as: Float.self) == [0.5, 81])
  }
}
