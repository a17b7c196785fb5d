public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX Tile: the data repeated along each axis.
///
/// Inputs: the data, and how often it is repeated along each axis.
public struct Tile: Operator {
  public static let name = "Tile"
  public static let inputCount = 2...2

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .stored)
    guard let shape = data.shape else { return [ValueFacts(data.scalarType, nil)] }
    guard let repeats = try operands.integers(1) else {
      return [
        ValueFacts(data.scalarType, SymbolicShape(shape.dimensions.map { _ in .unknown }))
      ]
    }
    guard repeats.count == shape.rank, repeats.allSatisfy({ $0 >= 0 }) else {
      throw operands.shapeMismatch(
        "the repeats do not fit the data", found: "\(repeats)", expected: "one for each of \(shape)"
      )
    }
    return [
      ValueFacts(
        data.scalarType,
        SymbolicShape(zip(shape.dimensions, repeats).map { .product([$0, .fixed($1)]) }))
    ]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let (shape, result) = (request.inputShape(0), request.outputShape())
    let positions = (0..<shape.rank).map { axis -> [Int]? in
      shape[axis] == result[axis] ? nil : (0..<result[axis]).map { $0 % shape[axis] }
    }
    return GatherKernel(
      SeparableGather(
        shape, positions: positions, elementByteCount: try request.elementByteCount(0)))
  }
}
