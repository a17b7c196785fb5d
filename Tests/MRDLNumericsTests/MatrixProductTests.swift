import MRDLCore
import MRDLNumerics
import Testing

/// Products against the definition, in float64.
@Suite struct MatrixProductTests {
  struct Sizes: Sendable, CustomTestStringConvertible {
    let rows, columns, depth: Int
    init(_ rows: Int, _ columns: Int, _ depth: Int) {
      self.rows = rows
      self.columns = columns
      self.depth = depth
    }
    var testDescription: String { "\(rows)x\(columns)x\(depth)" }
  }

  static let sizes = [
    Sizes(1, 1, 1), Sizes(1, 10, 192), Sizes(10, 1, 33), Sizes(2, 3, 4), Sizes(3, 31, 7),
    Sizes(6, 576, 25), Sizes(13, 33, 65), Sizes(14, 32, 384), Sizes(15, 34, 385),
    Sizes(29, 257, 100), Sizes(64, 10, 192), Sizes(5, 5, 0), Sizes(0, 4, 3), Sizes(4, 0, 3),
    Sizes(200, 70, 800), Sizes(1, 3000, 129), Sizes(3000, 1, 129),
  ]

  /// The matrix as the layout stores it.
  static func stored<Scalar>(
    _ matrix: [Scalar], rows: Int, columns: Int, transposed: Bool
  ) -> [Scalar] {
    if !transposed { return matrix }
    var result = matrix
    for i in 0..<rows { for j in 0..<columns { result[j * rows + i] = matrix[i * columns + j] } }
    return result
  }

  func check<Scalar: Real>(
    _ sizes: Sizes, leftTransposed: Bool, rightTransposed: Bool, packLeft: Bool = false,
    packRight: Bool = false, alpha: Double = 1, accumulates: Bool = false,
    activation: Activation = .none, withBias: Bool = false, addsResidual: Bool = false,
    tolerance: Double, _: Scalar.Type
  ) {
    let (m, n, k) = (sizes.rows, sizes.columns, sizes.depth)
    let a: [Scalar] = numbers(m * k, seed: 1)
    let b: [Scalar] = numbers(k * n, seed: 2)
    let start: [Scalar] = numbers(m * n, seed: 3)
    let rowBias: [Scalar] = numbers(m, seed: 4)
    let columnBias: [Scalar] = numbers(n, seed: 5)
    let product = MatrixProduct(
      Scalar.scalarType, rows: m, columns: n, depth: k,
      left: leftTransposed ? .transposed(m) : nil, right: rightTransposed ? .transposed(k) : nil,
      alpha: alpha, epilogue: Epilogue(addsResidual: addsResidual, activation: activation),
      accumulates: accumulates, leftIsPacked: packLeft, rightIsPacked: packRight,
      sharesRows: packRight)
    let left = Self.stored(a, rows: m, columns: k, transposed: leftTransposed)
    let right = Self.stored(b, rows: k, columns: n, transposed: rightTransposed)
    let packedLeft = Workspace(byteCount: product.packedLeftByteCount)
    let packedRight = Workspace(byteCount: product.packedRightByteCount)
    let workspace = Workspace(byteCount: product.workspaceByteCount)
    var output = start
    left.withUnsafeBytes { left in
      right.withUnsafeBytes { right in
        let left = left.baseAddress ?? UnsafeRawPointer(workspace.base)
        let right = right.baseAddress ?? UnsafeRawPointer(workspace.base)
        if packLeft { product.packLeft(left, into: packedLeft.base) }
        if packRight { product.packRight(right, into: packedRight.base) }
        rowBias.withUnsafeBytes { rowBias in
          columnBias.withUnsafeBytes { columnBias in
            output.withUnsafeMutableBytes { output in
              // The output holds the residual where it may be the same memory.
              let base = UnsafeRawPointer(output.baseAddress ?? workspace.base)
              let copy = Workspace(byteCount: output.count)
              copy.base.copyMemory(from: base, byteCount: output.count)
              let residual = product.residualMayBeOutput ? base : UnsafeRawPointer(copy.base)
              product.run(
                left: packLeft ? UnsafeRawPointer(packedLeft.base) : left,
                right: packRight ? UnsafeRawPointer(packedRight.base) : right,
                output: output.baseAddress ?? workspace.base,
                rowBias: withBias ? rowBias.baseAddress : nil,
                columnBias: withBias ? columnBias.baseAddress : nil,
                residual: addsResidual ? residual : nil,
                workspace: product.workspaceByteCount == 0 ? nil : workspace.base, threadLimit: 0)
            }
          }
        }
      }
    }
    var worst = 0.0
    for i in 0..<m {
      for j in 0..<n {
        var sum = accumulates || addsResidual ? Double(start[i * n + j]) : 0
        if withBias { sum += Double(rowBias[i]) + Double(columnBias[j]) }
        for l in 0..<k { sum += alpha * Double(a[i * k + l]) * Double(b[l * n + j]) }
        worst = max(worst, abs(activation.value(sum) - Double(output[i * n + j])))
      }
    }
    #expect(worst <= tolerance, "the largest error is \(worst)")
  }

  @Test(arguments: sizes, [(false, false), (false, true), (true, false), (true, true)])
  func products(_ sizes: Sizes, _ transposed: (Bool, Bool)) {
    let (a, b) = transposed
    check(sizes, leftTransposed: a, rightTransposed: b, tolerance: 2e-4, Float.self)
    check(sizes, leftTransposed: a, rightTransposed: b, tolerance: 1e-12, Double.self)
    check(
      sizes, leftTransposed: a, rightTransposed: b, alpha: 0.5, accumulates: true,
      tolerance: 2e-4, Float.self)
    check(
      sizes, leftTransposed: a, rightTransposed: b, packLeft: true, packRight: true,
      activation: .tanh, withBias: true, tolerance: 2e-4, Float.self)
    check(
      sizes, leftTransposed: a, rightTransposed: b, packRight: true, activation: .sigmoid,
      withBias: true, tolerance: 1e-12, Double.self)
  }

  @Test(
    arguments: sizes,
    [
      Activation.relu, .sigmoid, .tanh, .leakyRelu(alpha: 0.1), .clip(low: -0.5, high: 2), .none,
      .hardSigmoid(alpha: 0.2, beta: 0.4), .hardSwish, .swish(alpha: 1.5),
    ])
  func surroundings(_ sizes: Sizes, _ activation: Activation) {
    check(
      sizes, leftTransposed: false, rightTransposed: false, activation: activation,
      withBias: true, tolerance: 2e-4, Float.self)
    check(
      sizes, leftTransposed: false, rightTransposed: true, activation: activation,
      withBias: true, tolerance: 1e-12, Double.self)
    check(
      sizes, leftTransposed: false, rightTransposed: true, packRight: true,
      activation: activation, addsResidual: true, tolerance: 2e-4, Float.self)
    check(
      sizes, leftTransposed: false, rightTransposed: false, activation: activation,
      withBias: true, addsResidual: true, tolerance: 1e-12, Double.self)
  }

  @Test func rowStrideOfTheOutputIsKept() {
    let product = MatrixProduct(.float64, rows: 3, columns: 2, depth: 2, outputRowStride: 5)
    let a: [Double] = [1, 2, 3, 4, 5, 6]
    let b: [Double] = [1, 10, 100, 1000]
    var c = [Double](repeating: -1, count: 15)
    let workspace = Workspace(byteCount: product.workspaceByteCount)
    product.run(
      left: a, right: b, output: &c, workspace: workspace.base, threadLimit: 1)
    #expect(c == [201, 2010, -1, -1, -1, 403, 4030, -1, -1, -1, 605, 6050, -1, -1, -1])
  }

  /// Whether threads share out columns or, where the right matrix is packed, rows; and whether that one has pieces
  /// of columns, passes of the depth, or both.
  @Test(
    arguments: [
      Sizes(200, 3000, 70), Sizes(300, 40, 500), Sizes(1, 5000, 300), Sizes(33, 70, 900),
      Sizes(1, 512, 784), Sizes(33, 900, 900), Sizes(3, 65, 1200),
    ],
    [false, true])
  func threadsAndOrderDoNotShow(_ sizes: Sizes, packsRight: Bool) {
    let product = MatrixProduct(
      .float32, rows: sizes.rows, columns: sizes.columns, depth: sizes.depth,
      epilogue: Epilogue(activation: .tanh), rightIsPacked: packsRight, sharesRows: true)
    let a: [Float] = numbers(sizes.rows * sizes.depth, seed: 6)
    let b: [Float] = numbers(sizes.depth * sizes.columns, seed: 7)
    let packed = Workspace(byteCount: product.packedRightByteCount)
    if packsRight { product.packRight(b, into: packed.base) }
    let ways = [(1, false), (2, false), (0, false), (1, true), (0, true)]
    let results = ways.map { threadLimit, startsFromEnd in
      var c = [Float](repeating: 0, count: sizes.rows * sizes.columns)
      let workspace = Workspace(byteCount: product.workspaceByteCount)
      b.withUnsafeBytes { b in
        guard let right = packsRight ? UnsafeRawPointer(packed.base) : b.baseAddress else { return }
        product.run(
          left: a, right: right, output: &c, workspace: workspace.base, threadLimit: threadLimit,
          startsFromEnd: startsFromEnd)
      }
      return c.map { $0.bitPattern }
    }
    #expect(results[0].contains { $0 != 0 })
    for (way, result) in zip(ways, results) { #expect(result == results[0], "\(way)") }
  }
}

extension Activation {
  /// The activation by its definition.
  func value(_ x: Double) -> Double {
    switch self {
    case .none: x
    case .relu: max(x, 0)
    case .sigmoid: 1 / (1 + exponential(-x))
    case .tanh: 1 - 2 / (exponential(2 * x) + 1)
    case .leakyRelu(let alpha): x < 0 ? alpha * x : x
    case .clip(let low, let high): min(max(x, low), high)
    case .hardSigmoid(let alpha, let beta): min(max(alpha * x + beta, 0), 1)
    case .hardSwish: x * min(max(x / 6 + 0.5, 0), 1)
    case .swish(let alpha): x / (1 + exponential(-alpha * x))
    }
  }
}
