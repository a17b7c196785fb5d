public import MRDLCore
internal import MRDLModel

/// ONNX Unsqueeze: the same elements with more axes of extent 1.
///
/// Inputs: the data, and the places of the new axes in the result.
public struct Unsqueeze: Operator {
  public static let name = "Unsqueeze"
  public static let inputCount = 2...2

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public var isView: Bool { true }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .stored)
    _ = try operands.shape(1, rank: 0...1)
    guard let shape = data.shape, let given = try operands.integers(1) else {
      return [ValueFacts(data.scalarType, nil)]
    }
    let rank = shape.rank + given.count
    let axes = try operands.axes(given, rank: rank)
    var rest = shape.dimensions[...]
    let dimensions = (0..<rank).map { axis -> Dimension in
      axes.contains(axis) ? 1 : rest.removeFirst()
    }
    return [ValueFacts(data.scalarType, SymbolicShape(dimensions))]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel { ViewKernel() }
}
