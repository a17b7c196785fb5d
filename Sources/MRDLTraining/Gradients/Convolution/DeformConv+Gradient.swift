public import MRDLCore
internal import MRDLModel

/// A convolution whose taps are moved by offsets, written as GridSample at the moved taps and a product with the
/// weights.
public enum DeformConvRule: ExpansionRule {
  public static let operatorName = "DeformConv"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    if let pad = step.string("auto_pad"), pad != "NOTSET", pad != "VALID" {
      throw step.refusal("the padding follows from the output")
    }
    let rank = try step.shape(0).rank
    let axes = rank - 2
    let group = step.integer("group") ?? 1
    let offsetGroup = step.integer("offset_group") ?? 1
    let channels = try step.extent(0, 1)
    let filters = try step.extent(1, 0)
    var (extents, kernel, output): ([Int], [Int], [Int]) = ([], [], [])
    for axis in 2..<rank {
      extents.append(try step.extent(0, axis))
      kernel.append(try step.extent(1, axis))
      output.append(try step.extent(2, axis))
    }
    guard extents.allSatisfy({ $0 > 1 }) else {
      throw step.refusal("the input is one element wide")
    }
    let (taps, places) = (kernel.reduce(1, *), output.reduce(1, *))

    // Where the taps would be, [taps, places, axes].
    let ones = [Int](repeating: 1, count: axes)
    let strides = step.integers("strides") ?? ones
    let dilations = step.integers("dilations") ?? ones
    let pads = step.integers("pads") ?? [Int](repeating: 0, count: 2 * axes)
    var base: [Double] = []
    for tap in 0..<taps {
      for place in 0..<places {
        let (taps, places) = (Self.position(tap, kernel), Self.position(place, output))
        for axis in 0..<axes {
          base.append(
            Double(places[axis] * strides[axis] - pads[axis] + taps[axis] * dilations[axis]))
        }
      }
    }
    let moved = step.add(
      "Transpose",
      [step.add("Reshape", [step.inputNames[2], step.integers([-1, taps, axes, places])])],
      ["perm": .integers([0, 1, 3, 2])])
    let points = step.add("Add", [moved, try step.numbers(base, [taps, places, axes])])
    // From −1 to 1 over the middles of the elements, the innermost axis first.
    let units = try step.numbers(extents.map { 2 / Double($0 - 1) }, [axes])
    let unit = step.add("Sub", [step.add("Mul", [points, units]), try step.number(1)])
    let reversed = step.add(
      "Gather", [unit, step.integers(Array((0..<axes).reversed()))], ["axis": .integer(3)])
    let line = [taps * places] + ones.dropFirst()
    let grid = step.add("Reshape", [reversed, step.integers([-1] + line + [axes])])
    let parts = step.add(
      "Reshape",
      [step.inputNames[0], step.integers([-1, channels / offsetGroup] + extents)])
    var samples = step.add("GridSample", [parts, grid], ["align_corners": .integer(1)])
    if step.isGiven(4) {
      let mask = step.add(
        "Reshape", [step.inputNames[4], step.integers([-1, 1] + line)])
      samples = step.add("Mul", [samples, mask])
    }
    let depth = channels / group * taps
    let columns = step.add("Reshape", [samples, step.integers([-1, group, depth, places])])
    let weights = step.add(
      "Reshape", [step.inputNames[1], step.integers([group, filters / group, depth])])
    var y = step.add(
      "Reshape",
      [step.add("MatMul", [weights, columns]), step.integers([-1, filters] + output)])
    if step.isGiven(3) {
      let bias = step.add("Reshape", [step.inputNames[3], step.integers([filters] + ones)])
      y = step.add("Add", [y, bias])
    }
    step.setOutput(0, to: y)
  }

  /// The position of an element along each axis.
  private static func position(_ index: Int, _ extents: [Int]) -> [Int] {
    var rest = index
    var result: [Int] = []
    for extent in extents.reversed() {
      result.append(rest % extent)
      rest /= extent
    }
    return result.reversed()
  }
}
