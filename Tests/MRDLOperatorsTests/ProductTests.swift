import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct ProductTests {
  static let sizes: [(rows: Int, columns: Int, depth: Int)] = [
    (1, 1, 1), (1, 10, 192), (3, 10, 192), (7, 5, 3), (16, 16, 16), (33, 35, 31), (0, 4, 5),
    (4, 0, 5), (4, 5, 0), (64, 10, 192), (1, 130, 260), (130, 1, 260),
  ]

  @Test(arguments: sizes, realTypes)
  func gemm(size: (rows: Int, columns: Int, depth: Int), type: ScalarType) throws {
    var noise = Noise(31)
    let (m, n, k) = size
    for (transA, transB) in [(false, false), (true, false), (false, true), (true, true)] {
      let a = noise.array(transA ? [k, m] : [m, k])
      let b = noise.array(transB ? [n, k] : [k, n])
      for extents in [nil, [], [1], [n], [1, n], [m, 1], [1, 1], [m, n]] {
        let c = extents.map { noise.array($0) }
        for (alpha, beta) in [(1.0, 1.0), (0.5, 2.0), (1.0, 0.0), (2.0, 1.0)] {
          let expected = ReferenceArray([m, n]) { index in
            var sum = 0.0
            for i in 0..<k {
              sum +=
                a[transA ? [i, index[0]] : [index[0], i]]
                * b[transB ? [index[1], i] : [i, index[1]]]
            }
            return alpha * sum + beta * (c.map { $0.broadcast(index) } ?? 0)
          }
          let attributes: [String: AttributeValue] = [
            "alpha": .float(alpha), "beta": .float(beta), "transA": .integer(transA ? 1 : 0),
            "transB": .integer(transB ? 1 : 0),
          ]
          let inputs = [Tensor(a, type), Tensor(b, type), c.map { Tensor($0, type) }]
          let note = "A\(transA) B\(transB) C\(extents ?? [-1]) \(alpha) \(beta)"
          expect(try run("Gemm", attributes, inputs)[0], is: expected, note)
          expect(
            try run("Gemm", attributes, inputs, variable: [0, 1, 2])[0], is: expected, note)
        }
      }
    }
  }

  @Test(arguments: realTypes)
  func resultsDoNotDependOnThreads(type: ScalarType) throws {
    var noise = Noise(32)
    for (m, n, k) in [(1, 500, 700), (64, 130, 260), (200, 33, 100), (500, 1, 700)] {
      let inputs = [
        Tensor(noise.array([m, k]), type), Tensor(noise.array([k, n]), type),
        Tensor(noise.array([n]), type),
      ]
      let one = try run("Gemm", [:], inputs)[0]
      for threads in [2, 3, 0] {
        #expect(try run("Gemm", [:], inputs, threads: threads)[0].bytes == one.bytes)
      }
    }
  }

  @Test func gemmInference() throws {
    #expect(try shape("Gemm", [:], [["N", 192], [192, 10], [10]]) == ["N", 10])
    #expect(try shape("Gemm", ["transB": .integer(1)], [["N", 192], [10, "K"]]) == ["N", 10])
    #expect(try shape("Gemm", ["transA": .integer(1)], [["K", "N"], ["K", 10]]) == ["N", 10])
    #expect(try shape("Gemm", [:], [["N", 4], [4, 10], ["N", 1]]) == ["N", 10])
    expectError(.shapeMismatch) { try shape("Gemm", [:], [["N", 4], [5, 10]]) }
    expectError(.shapeMismatch) { try shape("Gemm", [:], [["N", 4, 1], [4, 10]]) }
    expectError(.shapeMismatch) { try shape("Gemm", [:], [["N", 4], [4, 10], [9]]) }
    expectError(.shapeMismatch) { try shape("Gemm", [:], [[1, 4], [4, 10], [3, 10]]) }
    expectError(.shapeMismatch) { try shape("Gemm", [:], [[2, 4], [4, 10], [1, 2, 10]]) }
    expectError(.shapeMismatch) { try shape("Gemm", [:], [[2, 4], [4, 1], [10]]) }
    let whole = Tensor([Int32(1)], shape: [1, 1])
    expectError(.unsupportedScalarType) { try run("Gemm", [:], [whole, whole]) }
  }

  static let stacks: [([Int], [Int])] = [
    ([3, 4], [4, 5]), ([4], [4]), ([4], [4, 5]), ([3, 4], [4]), ([2, 3, 4], [4, 5]),
    ([2, 3, 4], [2, 4, 5]), ([3, 4], [2, 4, 5]), ([2, 1, 3, 4], [5, 4, 2]),
    ([1, 3, 4], [2, 4, 5]), ([2, 3, 4], [1, 4, 5]), ([2, 3, 4], [4]), ([4], [2, 4, 5]),
    ([0, 3, 4], [4, 5]), ([2, 0, 4], [2, 4, 5]), ([2, 3, 0], [2, 0, 5]), ([3, 0], [0]),
    ([7, 2, 33, 17], [2, 17, 19]), ([1, 1, 3, 4], [4, 5]), ([3, 4], [1, 1, 4, 5]),
  ]

  @Test(arguments: stacks, realTypes)
  func matMul(shapes: ([Int], [Int]), type: ScalarType) throws {
    var noise = Noise(33)
    let (a, b) = (noise.array(shapes.0), noise.array(shapes.1))
    // An operand of one axis is a row on the left and a column on the right.
    let left = a.shape.count == 1 ? ReferenceArray([1] + a.shape, a.values) : a
    let right = b.shape.count == 1 ? ReferenceArray(b.shape + [1], b.values) : b
    let stack = try #require(
      Shape(Array(left.shape.dropLast(2))).broadcast(
        with: Shape(Array(right.shape.dropLast(2))))
    ).dimensions
    let (m, k, n) = (
      left.shape[left.shape.count - 2], right.shape[right.shape.count - 2],
      right.shape[right.shape.count - 1]
    )
    func element(_ x: ReferenceArray, _ stack: [Int], _ row: Int, _ column: Int) -> Double {
      let own = Array(stack.suffix(x.shape.count - 2))
      return x[zip(own, x.shape).map { $1 == 1 ? 0 : $0 } + [row, column]]
    }
    var expected = ReferenceArray(stack + [m, n]) { index in
      let position = Array(index.dropLast(2))
      let (row, column) = (index[index.count - 2], index[index.count - 1])
      return (0..<k).reduce(0.0) {
        $0 + element(left, position, row, $1) * element(right, position, $1, column)
      }
    }
    if a.shape.count == 1 { expected.shape.remove(at: expected.shape.count - 2) }
    if b.shape.count == 1 { expected.shape.removeLast() }
    let inputs: [Tensor?] = [Tensor(a, type), Tensor(b, type)]
    expect(try run("MatMul", [:], inputs)[0], is: expected)
    expect(try run("MatMul", [:], inputs, variable: [0, 1])[0], is: expected)
  }

  @Test func matMulInference() throws {
    #expect(try shape("MatMul", [:], [["N", 4], [4, 10]]) == ["N", 10])
    #expect(try shape("MatMul", [:], [["N", "T", 4], [4, 10]]) == ["N", "T", 10])
    #expect(
      try shape("MatMul", [:], [["N", 8, "T", 4], ["N", 8, 4, "T"]]) == ["N", 8, "T", "T"])
    #expect(try shape("MatMul", [:], [[4], [4]]) == [])
    #expect(try shape("MatMul", [:], [["K"], [4, 3]]) == [3])
    expectError(.shapeMismatch) { try shape("MatMul", [:], [[3, 4], [5, 3]]) }
    expectError(.shapeMismatch) { try shape("MatMul", [:], [[2, 3, 4], [3, 4, 5]]) }
    expectError(.shapeMismatch) { try shape("MatMul", [:], [[], [4, 5]]) }
    let whole = Tensor([Int32(1)], shape: [1, 1])
    expectError(.unsupportedScalarType) { try run("MatMul", [:], [whole, whole]) }
  }
}
