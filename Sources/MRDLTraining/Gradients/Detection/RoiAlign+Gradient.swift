public import MRDLCore
internal import MRDLModel

/// Regions of feature maps as means of samples, written as GridSample at the points of each cell and AveragePool.
///
/// The number of samples in a cell has to be given, and the largest sample has no rule.
public enum RoiAlignRule: ExpansionRule {
  public static let operatorName = "RoiAlign"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    guard step.string("mode") ?? "avg" == "avg" else {
      throw step.refusal("the largest sample of a cell has no rule")
    }
    let ratio = step.integer("sampling_ratio") ?? 0
    guard ratio > 0 else { throw step.refusal("the number of samples depends on the region") }
    let extents = [try step.extent(0, 2), try step.extent(0, 3)]
    guard extents.allSatisfy({ $0 > 1 }) else {
      throw step.refusal("the feature maps are one row or one column")
    }
    let cells = [step.integer("output_height") ?? 1, step.integer("output_width") ?? 1]
    let isHalf = step.string("coordinate_transformation_mode") ?? "half_pixel" == "half_pixel"
    // One number of each region, [R, 1], among the pixels.
    let scale = try step.number(step.float("spatial_scale") ?? 1)
    let shift = try step.number(isHalf ? 0.5 : 0)
    let scaled = step.add("Sub", [step.add("Mul", [step.inputNames[1], scale]), shift])
    func corner(_ step: inout ExpansionStep, _ index: Int) -> String {
      step.add("Gather", [scaled, step.integers([index])], ["axis": .integer(1)])
    }
    let features = step.add("Gather", [step.inputNames[0], step.inputNames[2]])
    var coordinates: [String] = []
    var visible: String?
    for axis in 0..<2 {
      let first = corner(&step, 1 - axis)
      var span = step.add("Sub", [corner(&step, 3 - axis), first])
      if !isHalf { span = step.add("Max", [span, try step.number(1)]) }
      let count = cells[axis] * ratio
      let shares = try step.numbers(
        (0..<count).map { (Double($0) + 0.5) / Double(count) }, [1, count])
      // [R, points], then a column or a row of the points of the plane.
      let line = step.add("Add", [first, step.add("Mul", [span, shares])])
      let points = step.add("Unsqueeze", [line, step.integers([2 - axis])])
      let low = step.add("GreaterOrEqual", [points, try step.number(-1)])
      let high = step.add("LessOrEqual", [points, try step.number(Double(extents[axis]))])
      let isSeen = step.add("And", [low, high])
      visible = visible.map { step.add("And", [$0, isSeen]) } ?? isSeen
      // From −1 to 1 over the middles of the pixels.
      let unit = try step.number(2 / Double(extents[axis] - 1))
      let grid = step.add("Sub", [step.add("Mul", [points, unit]), try step.number(1)])
      let plane = step.integers([1, cells[0] * ratio, cells[1] * ratio])
      coordinates.append(step.add("Expand", [grid, plane]))
    }
    let grid = step.stack([coordinates[1], coordinates[0]], axis: 3)
    var samples = step.add(
      "GridSample", [features, grid],
      ["padding_mode": .string("border"), "align_corners": .integer(1)])
    if let visible {
      let flags = step.add("Unsqueeze", [visible, step.integers([1])])
      samples = step.add("Where", [flags, samples, try step.number(0)])
    }
    let window = AttributeValue.integers([Int64(ratio), Int64(ratio)])
    step.setOutput(
      0, to: step.add("AveragePool", [samples], ["kernel_shape": window, "strides": window]))
  }
}
