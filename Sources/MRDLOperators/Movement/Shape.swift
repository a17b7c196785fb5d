public import MRDLCore
internal import MRDLModel

/// ONNX Shape: the extents of the axes from `start` to before `end` as a tensor of `i64`.
///
/// The result is constant where the extents are known. The type is not called `Shape` because values of
/// the graph have one (`MRDLCore.Shape`).
public struct ShapeOf {
  let start: Int
  let end: Int?
}

extension ShapeOf: Operator {
  public static let name = "Shape"
  public static let inputCount = 1...1

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    start = try attributes.integer("start", default: 0)
    end = try attributes.integer("end")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    guard let shape = try operands.required(0).shape else {
      return [ValueFacts(.int64, SymbolicShape([.unknown]))]
    }
    let dimensions = shape.dimensions[range(rank: shape.rank)]
    let values = dimensions.compactMap(\.value)
    guard values.count == dimensions.count else {
      return [ValueFacts(.int64, Shape([dimensions.count]))]
    }
    return [ValueFacts(constant: Tensor(values.map { Int64($0) }))]
  }

  /// Bounds outside the axes are brought to the nearest one, as ONNX asks.
  private func range(rank: Int) -> Range<Int> {
    func clamp(_ axis: Int) -> Int { min(max(axis < 0 ? axis + rank : axis, 0), rank) }
    let first = clamp(start)
    return first..<max(first, clamp(end ?? rank))
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    return ConstantKernel(
      Tensor(shape.dimensions[range(rank: shape.rank)].map { Int64($0) }))
  }
}
