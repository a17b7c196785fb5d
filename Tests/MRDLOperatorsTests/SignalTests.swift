import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

/// Transforms, products of whole numbers and sampling against their definitions.
struct SignalTests {
  @Test(arguments: [1, 2, 3, 5, 8, 12, 17, 64, 97, 100], [false, true])
  func dftIsItsSum(length: Int, isInverse: Bool) throws {
    var noise = Noise(UInt64(length))
    let x = noise.array([2, length, 2])
    let found = try run(
      "DFT", ["inverse": .integer(isInverse ? 1 : 0)], [Tensor(x, .float64)])[0]
    let sign: Double = isInverse ? 1 : -1
    let scale = isInverse ? 1 / Double(length) : 1
    let expected = ReferenceArray([2, length, 2]) { index in
      (0..<length).reduce(0) { sum, k in
        let angle = sign * 2 * .pi * Double(index[1] * k % length) / Double(length)
        let (a, b) = (x[[index[0], k, 0]], x[[index[0], k, 1]])
        return sum
          + scale
          * (index[2] == 0
            ? a * cosine(angle) - b * sine(angle)
            : a * sine(angle) + b * cosine(angle))
      }
    }
    expect(found, is: expected, "DFT \(length)")
  }

  /// Half of a spectrum tells a real signal.
  @Test(arguments: [4, 6, 10, 16]) func oneSidedTransformsGoThereAndBack(length: Int) throws {
    var noise = Noise(3)
    let x = noise.array([3, length, 1])
    let half = try run("DFT", ["onesided": .integer(1)], [Tensor(x, .float64)])[0]
    #expect(half.shape == Shape([3, length / 2 + 1, 2]))
    let back = try run(
      "DFT", ["onesided": .integer(1), "inverse": .integer(1)], [half])[0]
    expect(back, is: x, "there and back")
  }

  @Test func quantisedProductsAreExact() throws {
    let a: [UInt8] = [0, 255, 7, 200, 3, 128]
    let b: [Int8] = [-128, 127, 5, -6, 0, 1]
    let found = try run(
      "MatMulInteger", [:],
      [
        Tensor(a, shape: [2, 3]), Tensor(b, shape: [3, 2]), Tensor([UInt8(12), 130]),
        Tensor([Int8(-3), 4]),
      ])[0]
    let expected = (0..<4).map { index -> Int32 in
      let (row, column) = (index / 2, index % 2)
      return (0..<3).reduce(0) { sum, k in
        sum + (Int32(a[row * 3 + k]) - [12, 130][row])
          * (Int32(b[k * 2 + column]) - [-3, 4][column])
      }
    }
    #expect(found.elements(as: Int32.self) == expected)
  }

  @Test func quantisationRoundsToEvenAndSaturates() throws {
    let x = Tensor([Float(0), 1, 3, 5, -1000, 1000])
    let y = try run("QuantizeLinear", [:], [x, Tensor([Float(2)]), Tensor([UInt8(128)])])[0]
    #expect(y.elements(as: UInt8.self) == [128, 128, 130, 130, 0, 255])
    let z = try run("DequantizeLinear", [:], [y, Tensor([Float(2)]), Tensor([UInt8(128)])])[0]
    #expect(z.elements(as: Float.self) == [0, 0, 4, 4, -256, 254])
  }

  @Test(arguments: ["ij,jk->ik", "bij,bkj->bik", "ii->i", "ij->", "...ij,...jk->...ik"])
  func einsum(equation: String) throws {
    var noise = Noise(8)
    func tensor(_ shape: [Int]) -> (ReferenceArray, Tensor) {
      let array = noise.array(shape)
      return (array, Tensor(array, .float64))
    }
    let attributes: [String: AttributeValue] = ["equation": .string(equation)]
    switch equation {
    case "ij,jk->ik":
      let ((a, x), (b, y)) = (tensor([3, 4]), tensor([4, 5]))
      expect(
        try run("Einsum", attributes, [x, y])[0],
        is: ReferenceArray([3, 5]) { i in
          (0..<4).reduce(0) { $0 + a[[i[0], $1]] * b[[$1, i[1]]] }
        }, equation)
    case "bij,bkj->bik", "...ij,...jk->...ik":
      let isDots = equation.hasPrefix(".")
      let ((a, x), (b, y)) = (tensor([2, 3, 4]), tensor(isDots ? [2, 4, 5] : [2, 5, 4]))
      expect(
        try run("Einsum", attributes, [x, y])[0],
        is: ReferenceArray([2, 3, 5]) { i in
          (0..<4).reduce(0) {
            $0 + a[[i[0], i[1], $1]] * b[isDots ? [i[0], $1, i[2]] : [i[0], i[2], $1]]
          }
        }, equation)
    case "ii->i":
      let (a, x) = tensor([4, 4])
      expect(
        try run("Einsum", attributes, [x])[0], is: ReferenceArray([4]) { a[[$0[0], $0[0]]] },
        equation)
    default:
      let (a, x) = tensor([3, 4])
      let sum = a.values.reduce(0, +)
      expect(try run("Einsum", attributes, [x])[0], is: ReferenceArray([]) { _ in sum }, equation)
    }
  }

  /// A grid on the centres of all elements gives the elements.
  @Test(arguments: ["linear", "nearest", "cubic"], ["zeros", "border", "reflection"])
  func gridsOnElementsAreIdentities(mode: String, padding: String) throws {
    var noise = Noise(4)
    let x = noise.array([2, 3, 4, 5])
    let grid = ReferenceArray([2, 4, 5, 2]) { index in
      index[3] == 0
        ? (2 * Double(index[2]) + 1) / 5 - 1 : (2 * Double(index[1]) + 1) / 4 - 1
    }
    let found = try run(
      "GridSample", ["mode": .string(mode), "padding_mode": .string(padding)],
      [Tensor(x, .float64), Tensor(grid, .float64)])[0]
    expect(found, is: x, mode)
  }
}
