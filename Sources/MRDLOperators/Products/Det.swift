public import MRDLCore
internal import MRDLModel

/// ONNX Det: the determinants of square matrices [*, M, M], by elimination with pivots in double precision.
public struct Det: Operator {
  public static let name = "Det"
  public static let inputCount = 1...1

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    guard let shape = try operands.shape(0, rank: 2...Int.max) else {
      return [ValueFacts(data.scalarType, nil)]
    }
    _ = try operands.unify(
      shape[shape.rank - 2], shape[shape.rank - 1], "a matrix is not square")
    return [ValueFacts(data.scalarType, SymbolicShape(Array(shape.dimensions.dropLast(2))))]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    return DeterminantKernel(
      count: request.outputShape().elementCount, size: shape[shape.rank - 1], type: type)
  }
}

private struct DeterminantKernel: Kernel {
  let count: Int
  let size: Int
  let type: ScalarType

  var workspaceByteCount: Int { max(size * size, 1) * 8 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let scratch = arguments.workspace.baseAddress else { return }
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0), output: arguments.outputBytes(0),
        scratch: scratch.assumingMemoryBound(to: Double.self)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: DeterminantKernel
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer
    let scratch: UnsafeMutablePointer<Double>

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let n = kernel.size
      for matrix in 0..<kernel.count {
        for index in 0..<(n * n) { scratch[index] = x[matrix * n * n + index].real }
        var result = 1.0
        for column in 0..<n {
          var pivot = column
          for row in column..<n
          where abs(scratch[row * n + column]) > abs(scratch[pivot * n + column]) { pivot = row }
          let value = scratch[pivot * n + column]
          result *= pivot == column ? value : -value
          if value == 0 { break }
          if pivot != column {
            for k in 0..<n {
              (scratch[pivot * n + k], scratch[column * n + k]) =
                (scratch[column * n + k], scratch[pivot * n + k])
            }
          }
          for row in (column + 1)..<max(n, column + 1) {
            let factor = scratch[row * n + column] / value
            for k in column..<n { scratch[row * n + k] -= factor * scratch[column * n + k] }
          }
        }
        y[matrix] = Number(nearest: result)
      }
    }
  }
}
