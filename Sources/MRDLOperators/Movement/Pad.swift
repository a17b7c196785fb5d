public import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// ONNX Pad: surrounds a tensor with more elements, or cuts some off where a count is negative.
///
/// Inputs: the data; the counts before and then after, for every axis or for those of the last input; the
/// value for mode `constant`, zero unless given; the axes. Modes: `constant`, `reflect` (the source
/// text's reflected padding), `edge`, `wrap`.
public struct Pad: Operator {
  public static let name = "Pad"
  public static let inputCount = 2...4

  package let mode: PaddingMode

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    mode = try attributes.choice("mode", default: PaddingMode.constant)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .all)
    if operands.optional(2) != nil {
      try operands.sameType([0, 2], among: .all)
      if let shape = try operands.shape(2, rank: 0...1) {
        _ = try operands.unify(.product(shape.dimensions), 1, "the value is not a single one")
      }
    }
    _ = try operands.shape(1, rank: 1...1)
    if operands.optional(3) != nil { _ = try operands.shape(3, rank: 1...1) }
    guard let shape = data.shape else { return [ValueFacts(data.scalarType, nil)] }
    guard let (before, after) = try counts(operands, rank: shape.rank) else {
      return [ValueFacts(data.scalarType, SymbolicShape(shape.dimensions.map { _ in .unknown }))]
    }
    var result = shape
    for axis in 0..<shape.rank where before[axis] != 0 || after[axis] != 0 {
      result[axis] = try Self.padded(shape[axis], before[axis], after[axis], mode, operands)
    }
    return [ValueFacts(data.scalarType, result)]
  }

  private static func padded(
    _ extent: Dimension, _ before: Int, _ after: Int, _ mode: PaddingMode, _ operands: Operands
  ) throws(MRDLError) -> Dimension {
    guard let extent = extent.value else { return .unknown }
    let kept = extent.addingChecked(min(before, 0))?.addingChecked(min(after, 0))
    guard let kept, kept >= 0, let grown = kept.addingChecked(max(before, 0)),
      let total = grown.addingChecked(max(after, 0))
    else {
      throw operands.shapeMismatch(
        "an axis cannot be padded so", found: "\(extent) with \(before) and \(after)")
    }
    guard kept > 0 || mode == .constant || total == 0 else {
      throw operands.shapeMismatch(
        "an empty axis has no elements to repeat", found: "mode \(mode.rawValue)")
    }
    return .fixed(total)
  }

  /// The counts before and after for every axis; nil where they are not known yet.
  package func counts(
    _ operands: Operands, rank: Int
  ) throws(MRDLError) -> (before: [Int], after: [Int])? {
    guard let pads = try operands.integers(1) else { return nil }
    var axes = Array(0..<rank)
    if operands.optional(3) != nil {
      guard let given = try operands.integers(3) else { return nil }
      axes = try operands.axes(given, rank: rank)
    }
    guard pads.count == 2 * axes.count else {
      throw operands.shapeMismatch(
        "there is not one count before and after for each axis",
        found: Quantity.count(pads.count, "count"),
        expected: "\(2 * axes.count)")
    }
    var before = [Int](repeating: 0, count: rank)
    var after = before
    for (index, axis) in axes.enumerated() {
      before[axis] = pads[index]
      after[axis] = pads[axes.count + index]
    }
    return (before, after)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    let operands = Operands(request.inputs, outputCount: 1, place: request.place)
    guard let width = request.inputType(0).elementByteCount else {
      throw request.unsupportedType(request.inputType(0))
    }
    guard let (before, after) = try counts(operands, rank: shape.rank) else {
      preconditionFailure("a kernel is asked for before the padding is known")
    }
    return GatherKernel(
      SeparableGather(
        padding: shape, before: before, after: after, mode: mode, elementByteCount: width),
      valueInput: 2)
  }
}
