public import MRDLCore
internal import MRDLModel

/// A tensor sampled at the points of a grid, written as the elements around each point times their weights, both of
/// which have derivatives.
///
/// With `nearest` the grid has none: elements change at once.
public enum GridSampleRule: ExpansionRule {
  public static let operatorName = "GridSample"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let shape = try step.shape(0)
    let rank = shape.rank - 2
    let extents = try (2..<shape.rank).map { (axis) throws(MRDLError) in try step.extent(0, axis) }
    let points = try (1...rank).map { (axis) throws(MRDLError) in try step.extent(1, axis) }
    guard extents.allSatisfy({ $0 > 0 }) else { throw step.refusal("the data are empty") }
    let grid = step.add("Reshape", [step.inputNames[1], step.integers([0, -1, rank])])
    // The elements of a point lie side by side: [N, elements, C].
    let flat = step.add("Reshape", [step.inputNames[0], step.integers([0, 0, -1])])
    let elements = step.add("Transpose", [flat], ["perm": .integers([0, 2, 1])])
    var taps: [(place: String?, weight: String?)] = [(nil, nil)]
    var stride = extents.reduce(1, *)
    for axis in 0..<rank {
      stride /= extents[axis]
      // The innermost axis comes first in the grid.
      let column = step.constant(Tensor([Int64(rank - 1 - axis)], shape: .scalar))
      let given = step.add("Gather", [grid, column], ["axis": .integer(2)])
      let sampler = AxisSampler(extent: extents[axis], node: step)
      let own = try sampler.taps(&step, at: given)
      var products: [(place: String?, weight: String?)] = []
      for tap in taps {
        for one in own {
          let scaled = step.add("Mul", [one.place, try step.number(Double(stride))])
          products.append(
            (
              tap.place.map { step.add("Add", [$0, scaled]) } ?? scaled,
              tap.weight.map { step.add("Mul", [$0, one.weight]) } ?? one.weight
            ))
        }
      }
      taps = products
    }
    let last = step.integers([-1])
    var sum: String?
    for case (let place?, let weight?) in taps {
      let index = step.add("Cast", [place], ["to": .integer(7)])
      let chosen = step.add(
        "GatherND", [elements, step.add("Unsqueeze", [index, last])],
        ["batch_dims": .integer(1)])
      let part = step.add("Mul", [chosen, step.add("Unsqueeze", [weight, last])])
      sum = sum.map { step.add("Add", [$0, part]) } ?? part
    }
    guard let sum else { throw step.refusal("the grid has no axes") }
    let channels = step.add("Transpose", [sum], ["perm": .integers([0, 2, 1])])
    step.setOutput(0, to: step.add("Reshape", [channels, step.integers([0, 0] + points)]))
  }
}

/// The elements along one axis around a coordinate, and their weights.
private struct AxisSampler {
  let extent: Int
  let mode: String
  let padding: String
  let alignsCorners: Bool

  init(extent: Int, node step: ExpansionStep) {
    self.extent = extent
    mode = step.string("mode") ?? "linear"
    padding = step.string("padding_mode") ?? "zeros"
    alignsCorners = (step.integer("align_corners") ?? 0) != 0
  }

  private var size: Double { Double(extent) }

  /// The places, whole numbers within the axis, and the weights of all elements that a coordinate from −1 to 1 sees.
  func taps(
    _ step: inout ExpansionStep, at given: String
  ) throws(MRDLError) -> [(place: String, weight: String)] {
    let scale = (alignsCorners ? size - 1 : size) / 2
    let position = try inside(
      &step, affine(&step, given, scale, alignsCorners ? scale : scale - 0.5))
    if mode == "nearest" {
      let one = step.add("Exp", [step.add("Sub", [given, given])])
      return [try element(&step, step.add("Round", [position]), one)]
    }
    let floor = step.add("Floor", [position])
    let fraction = step.add("Sub", [position, floor])
    guard mode == "cubic" else {
      return [
        try element(&step, floor, try affine(&step, fraction, -1, 1)),
        try element(&step, try affine(&step, floor, 1, 1), fraction),
      ]
    }
    var taps: [(place: String, weight: String)] = []
    for tap in 0..<4 {
      // The distance from the element: 1 + f, f, 1 − f, 2 − f.
      let distance = try affine(
        &step, fraction, tap < 2 ? 1 : -1, [1.0, 0, 1, 2][tap])
      let a = -0.75
      let coefficients =
        tap == 1 || tap == 2 ? [a + 2, -(a + 3), 0, 1] : [a, -5 * a, 8 * a, -4 * a]
      var weight = try affine(&step, distance, coefficients[0], coefficients[1])
      for coefficient in coefficients[2...] {
        weight = step.add(
          "Add", [step.add("Mul", [weight, distance]), try step.number(coefficient)])
      }
      taps.append(try element(&step, try affine(&step, floor, 1, Double(tap - 1)), weight))
    }
    return taps
  }

  private func affine(
    _ step: inout ExpansionStep, _ value: String, _ scale: Double, _ offset: Double
  ) throws(MRDLError) -> String {
    let scaled = scale == 1 ? value : step.add("Mul", [value, try step.number(scale)])
    return offset == 0 ? scaled : step.add("Add", [scaled, try step.number(offset)])
  }

  /// A coordinate among the elements, brought inside as the padding says.
  private func inside(
    _ step: inout ExpansionStep, _ position: String
  ) throws(MRDLError) -> String {
    switch padding {
    case "border":
      return step.add("Clip", [position, try step.number(0), try step.number(size - 1)])
    case "reflection": return try reflected(&step, position)
    default: return position
    }
  }

  private func reflected(
    _ step: inout ExpansionStep, _ value: String
  ) throws(MRDLError) -> String {
    let low = alignsCorners ? 0 : -0.5
    let span = alignsCorners ? size - 1 : size
    guard span > 0 else { return try affine(&step, value, 0, low) }
    let away = step.add("Abs", [try affine(&step, value, 1, -low)])
    let turn = step.add("Mod", [away, try step.number(2 * span)], ["fmod": .integer(1)])
    let isBack = step.add("Greater", [turn, try step.number(span)])
    let distance = step.add("Where", [isBack, try affine(&step, turn, -1, 2 * span), turn])
    return try affine(&step, distance, 1, low)
  }

  /// An element and its weight, which is 0 where zeros stand outside.
  private func element(
    _ step: inout ExpansionStep, _ index: String, _ weight: String
  ) throws(MRDLError) -> (place: String, weight: String) {
    let zero = try step.number(0)
    let last = try step.number(size - 1)
    let within = padding == "reflection" ? try reflected(&step, index) : index
    let place = step.add("Clip", [within, zero, last])
    guard padding == "zeros" else { return (place, weight) }
    let isInside = step.add("Equal", [place, index])
    return (place, step.add("Where", [isInside, weight, zero]))
  }
}
