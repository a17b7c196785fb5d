public import MRDLCore
internal import MRDLModel

/// ONNX TopK: the `k` largest or smallest elements along an axis, best first, and their indices.
///
/// Inputs: the data, and k. `axis` is -1 and `largest` 1 unless given. Of equal elements the one with the
/// lower index comes first; NaN is larger than everything. They are sorted whatever `sorted` says.
public struct TopK: Operator {
  public static let name = "TopK"
  public static let inputCount = 2...2
  public static let outputCount = 1...2

  private let axis: Int
  private let findsLargest: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: -1)
    findsLargest = try attributes.flag("largest", default: true)
    _ = try attributes.flag("sorted", default: true)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .arithmetic)
    let k = try operands.integers(1)
    guard var shape = try operands.shape(0, rank: 1...Int.max) else {
      return [ValueFacts(data.scalarType, nil), ValueFacts(.int64, nil)]
    }
    let axis = try operands.axis(axis, rank: shape.rank)
    if let k {
      guard k.count == 1, k[0] >= 0, shape[axis].value.map({ k[0] <= $0 }) ?? true else {
        throw operands.shapeMismatch(
          "k is out of range", found: "\(k)", expected: "0 to \(shape[axis])")
      }
      shape[axis] = .fixed(k[0])
    } else {
      shape[axis] = .unknown
    }
    return [ValueFacts(data.scalarType, shape), ValueFacts(.int64, shape)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    Cost(otherOperations: inputs[0]?.concreteShape?.elementCount ?? 0)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard type.hasNumbers else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    let result = request.outputs.compactMap { $0?.concreteShape }.first
    guard let axis = shape.normalizedAxis(axis), let result else {
      preconditionFailure("inference checks axes")
    }
    return TopKKernel(
      lines: shape.lines(along: axis), count: result[axis], findsLargest: findsLargest, type: type)
  }
}

/// Keeps the best elements of a line in a heap whose root is the worst of them.
private struct TopKKernel: Kernel {
  let lines: (outer: Int, length: Int, inner: Int)
  let count: Int
  let findsLargest: Bool
  let type: ScalarType

  var workspaceByteCount: Int { count * 8 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard count > 0, let heap = arguments.workspace.baseAddress else { return }
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0),
        heap: heap.assumingMemoryBound(to: Int.self),
        values: arguments.hasOutput(0) ? arguments.outputBytes(0) : nil,
        indices: arguments.hasOutput(1) ? arguments.output(1, as: Int64.self) : nil))
  }

  private struct Visitor: NumberVisitor {
    let kernel: TopKKernel
    let input: UnsafeRawBufferPointer
    let heap: UnsafeMutablePointer<Int>
    let values: UnsafeMutableRawBufferPointer?
    let indices: UnsafeMutableBufferPointer<Int64>?

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let values = values?.assumingMemoryBound(to: type)
      let (outer, length, inner) = kernel.lines
      let count = kernel.count
      for line in 0..<(outer * inner) {
        let (block, offset) = line.quotientAndRemainder(dividingBy: inner)
        let start = block * length * inner + offset
        /// Whether an element comes before another one.
        func isBefore(_ left: Int, _ right: Int) -> Bool {
          let (a, b) = (x[start + left * inner], x[start + right * inner])
          let (aIsNaN, bIsNaN) = (a.isNotANumber, b.isNotANumber)
          if aIsNaN || bIsNaN {
            if aIsNaN && bIsNaN { return left < right }
            return aIsNaN == kernel.findsLargest
          }
          if a == b { return left < right }
          return kernel.findsLargest ? a > b : a < b
        }
        func sink(_ root: Int, _ size: Int) {
          var root = root
          while true {
            var worst = root
            for child in (2 * root + 1)...(2 * root + 2)
            where child < size && isBefore(heap[worst], heap[child]) { worst = child }
            if worst == root { return }
            (heap[root], heap[worst]) = (heap[worst], heap[root])
            root = worst
          }
        }
        for index in 0..<count { heap[index] = index }
        for root in (0..<(count / 2)).reversed() { sink(root, count) }
        for index in count..<max(length, count) where isBefore(index, heap[0]) {
          heap[0] = index
          sink(0, count)
        }
        for size in (1..<count).reversed() {
          (heap[0], heap[size]) = (heap[size], heap[0])
          sink(0, size)
        }
        for rank in 0..<count {
          let place = (block * count + rank) * inner + offset
          values?[place] = x[start + heap[rank] * inner]
          indices?[place] = Int64(heap[rank])
        }
      }
    }
  }
}
