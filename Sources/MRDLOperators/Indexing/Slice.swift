public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX Slice: along some axes the elements from a start to before an end, with a step.
///
/// Inputs: the data, starts, ends, and maybe axes (the first ones unless given) and steps (1 unless given).
/// Negative positions count from the end; what lies outside is cut off; a negative step goes backwards.
public struct Slice: Operator {
  public static let name = "Slice"
  public static let inputCount = 3...5

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  /// What is taken along one axis.
  private struct Range {
    let axis: Int
    let start: Int
    let end: Int
    let step: Int

    /// The first position along an axis of an extent, and how many there are.
    ///
    /// Positions outside are moved to the nearest one inside, or to just before or behind all of them.
    private func stretch(_ extent: Int) -> (first: Int, count: Int) {
      let (low, high) = step > 0 ? (0, extent) : (-1, extent - 1)
      let from = min(max(start < 0 ? start + extent : start, low), high)
      let to = min(max(end < 0 ? end + extent : end, low), high)
      let distance = step > 0 ? to - from : from - to
      return (from, distance > 0 ? (distance - 1) / abs(step) + 1 : 0)
    }

    /// How many positions there are along an axis of an extent.
    func count(_ extent: Int) -> Int { stretch(extent).count }

    func positions(_ extent: Int) -> [Int] {
      let (first, count) = stretch(extent)
      return (0..<count).map { first + $0 * step }
    }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .stored)
    guard var shape = data.shape else { return [ValueFacts(data.scalarType, nil)] }
    guard let ranges = try ranges(operands, rank: shape.rank) else {
      let unknown = [Dimension](repeating: .unknown, count: shape.rank)
      return [ValueFacts(data.scalarType, SymbolicShape(unknown))]
    }
    for range in ranges {
      shape[range.axis] =
        shape[range.axis].value.map { .fixed(range.count($0)) } ?? .unknown
    }
    return [ValueFacts(data.scalarType, shape)]
  }

  /// nil where a range is not known yet.
  private func ranges(_ operands: Operands, rank: Int) throws(MRDLError) -> [Range]? {
    guard let starts = try operands.integers(1), let ends = try operands.integers(2) else {
      return nil
    }
    var axes = Array(0..<min(starts.count, rank))
    if operands.optional(3) != nil {
      guard let given = try operands.integers(3) else { return nil }
      axes = try operands.axes(given, rank: rank)
    }
    var steps = [Int](repeating: 1, count: starts.count)
    if operands.optional(4) != nil {
      guard let given = try operands.integers(4) else { return nil }
      steps = given
    }
    guard ends.count == starts.count, axes.count == starts.count, steps.count == starts.count
    else {
      throw operands.shapeMismatch(
        "starts, ends, axes and steps are not equally many",
        found: "\(starts.count), \(ends.count), \(axes.count) and \(steps.count)",
        expected: "at most \(rank) of each")
    }
    guard !steps.contains(0) else { throw operands.badAttribute("a step is 0") }
    return axes.indices.map {
      // The lowest number has no opposite and means the same as its neighbour.
      Range(
        axis: axes[$0], start: max(starts[$0], -Int.max), end: max(ends[$0], -Int.max),
        step: max(steps[$0], -Int.max))
    }
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    let operands = Operands(request.inputs, outputCount: 1, place: request.place)
    guard let ranges = try ranges(operands, rank: shape.rank) else {
      preconditionFailure("a kernel is asked for before the ranges are known")
    }
    guard let width = request.inputType(0).elementByteCount else {
      throw request.unsupportedType(request.inputType(0))
    }
    var positions = [[Int]?](repeating: nil, count: shape.rank)
    for range in ranges {
      positions[range.axis] = range.positions(shape[range.axis])
    }
    return GatherKernel(SeparableGather(shape, positions: positions, elementByteCount: width))
  }
}
