public import MRDLCore
internal import MRDLModel

/// ONNX Expand: the data repeated along axes of extent 1 until it has the given shape.
///
/// Inputs: the data, and the shape, in which a 1 keeps the extent of the data.
public struct Expand: Operator {
  public static let name = "Expand"
  public static let inputCount = 2...2

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .stored)
    guard let extents = try operands.integers(1) else {
      let rank = try operands.shape(1, rank: 1...1)?[0].value
      let unknown = rank.flatMap { count -> SymbolicShape? in
        guard let own = data.shape, count <= Limits.standard.rank else { return nil }
        return SymbolicShape(
          [Dimension](repeating: .unknown, count: max(count, own.rank)))
      }
      return [ValueFacts(data.scalarType, unknown)]
    }
    guard let target = Shape(checking: extents) else {
      throw operands.shapeMismatch("a shape cannot be expanded to", found: "\(extents)")
    }
    return [
      ValueFacts(
        data.scalarType, try operands.broadcast(data.shape, SymbolicShape(target)))
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    ExpandKernel(expansion: try Expansion(request, input: 0, to: request.outputShape()))
  }
}

private struct ExpandKernel: Kernel {
  let expansion: Expansion

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress
    else { return }
    expansion.run(input, to: output)
  }
}
