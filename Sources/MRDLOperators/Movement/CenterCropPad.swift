public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX CenterCropPad: brings some axes to given extents, keeping the middle: what is too much is cut off
/// on both sides, what is missing is filled with zeros. Of an odd difference the smaller half is before.
///
/// Inputs: the data, and the extents of the axes in `axes`, or of all. Output: the data in that shape.
public struct CenterCropPad: Operator {
  public static let name = "CenterCropPad"
  public static let inputCount = 2...2

  let axes: [Int]?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axes = try attributes.integers("axes")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .all)
    _ = try operands.shape(1, rank: 1...1)
    guard var shape = data.shape else { return [ValueFacts(data.scalarType, nil)] }
    let axes = try operands.axes(axes ?? Array(0..<shape.rank), rank: shape.rank)
    guard let extents = try operands.integers(1) else {
      for axis in axes { shape[axis] = .unknown }
      return [ValueFacts(data.scalarType, shape)]
    }
    guard extents.count == axes.count, extents.allSatisfy({ $0 >= 0 }) else {
      throw operands.shapeMismatch(
        "there is not one extent for each axis", found: "\(extents)",
        expected: Quantity.count(axes.count, "extent"))
    }
    for (axis, extent) in zip(axes, extents) { shape[axis] = .fixed(extent) }
    return [ValueFacts(data.scalarType, shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let input = request.inputShape(0)
    let output = request.outputShape()
    guard let width = request.inputType(0).elementByteCount else {
      throw request.unsupportedType(request.inputType(0))
    }
    let differences = zip(output.dimensions, input.dimensions).map { $0 - $1 }
    let before = differences.map { $0 / 2 }
    return GatherKernel(
      SeparableGather(
        padding: input, before: before, after: zip(differences, before).map { $0 - $1 },
        mode: .constant, elementByteCount: width))
  }
}
