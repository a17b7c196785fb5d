public import MRDLCore
internal import MRDLModel

/// ONNX Trilu: the part of matrices above a diagonal (`upper` 1) or below it, zeros elsewhere.
///
/// Inputs: the matrices, and maybe the number of the diagonal, 0 for the main one and positive above it.
public struct Trilu: Operator {
  public static let name = "Trilu"
  public static let inputCount = 1...2

  private let isUpper: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    isUpper = try attributes.flag("upper", default: true)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .all)
    _ = try operands.shape(0, rank: 2...Int.max)
    if operands.optional(1) != nil { _ = try operands.required(1, of: [.int64]) }
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    return TriluKernel(
      isUpper: isUpper, matrixCount: shape.dimensions.dropLast(2).reduce(1, *),
      rows: shape[shape.rank - 2], columns: shape[shape.rank - 1],
      width: try request.elementByteCount(0))
  }
}

private struct TriluKernel: Kernel {
  let isUpper: Bool
  let matrixCount: Int
  let rows: Int
  let columns: Int
  let width: Int

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard
      let mover = ElementMover(arguments.inputBytes(0), arguments.outputBytes(0), width: width)
    else { return }
    var diagonal = 0
    if arguments.hasInput(1), let given = arguments.input(1, as: Int64.self).first {
      diagonal = Int(max(min(given, Int64(columns)), -Int64(rows)))
    }
    let target = arguments.outputBytes(0)
    target.baseAddress?.initializeMemory(as: UInt8.self, repeating: 0, count: target.count)
    for row in 0..<(matrixCount * rows) {
      let border = row % rows + diagonal
      let first = isUpper ? min(max(border, 0), columns) : 0
      let last = isUpper ? columns : min(max(border + 1, 0), columns)
      mover.move(row * columns + first, to: row * columns + first, count: last - first)
    }
  }
}
