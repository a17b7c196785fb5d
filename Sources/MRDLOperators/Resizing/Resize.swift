public import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// ONNX Resize: brings some axes to another resolution.
///
/// Inputs: X; a region that only the coordinate transformation `tf_crop_and_resize` reads; scales or
/// sizes, one of the two, for
/// every axis or for those in `axes`. Modes: `nearest`, which moves elements of any type, `linear` and
/// `cubic`, which compute real numbers; `antialias` stretches their filters where an axis shrinks. With
/// `tf_crop_and_resize` each axis shows the part of X that the region tells, and `extrapolation_value` outside.
public struct Resize: Operator {
  public static let name = "Resize"
  public static let inputCount = 1...4

  enum Mode: String, CaseIterable {
    case nearest
    case linear
    case cubic
  }

  enum AspectPolicy: String, CaseIterable {
    case stretch
    case notLarger = "not_larger"
    case notSmaller = "not_smaller"
  }

  let mode: Mode
  let coordinates: ResamplingTable.Coordinates
  /// Whether a region of the input is shown.
  let crops: Bool
  let extrapolationValue: Double
  let rounding: ResamplingTable.Rounding
  let cubicCoefficient: Double
  let isAntialiased: Bool
  let excludesOutside: Bool
  let policy: AspectPolicy
  let axes: [Int]?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    mode = try attributes.choice("mode", default: .nearest)
    crops = try attributes.string("coordinate_transformation_mode") == "tf_crop_and_resize"
    coordinates =
      crops
      ? .alignCorners
      : try attributes.choice("coordinate_transformation_mode", default: .halfPixel)
    rounding = try attributes.choice("nearest_mode", default: .roundPreferFloor)
    cubicCoefficient = try attributes.float("cubic_coeff_a", default: -0.75)
    isAntialiased = try attributes.flag("antialias")
    excludesOutside = try attributes.flag("exclude_outside")
    policy = try attributes.choice("keep_aspect_ratio_policy", default: .stretch)
    axes = try attributes.integers("axes")
    extrapolationValue = try attributes.float("extrapolation_value", default: 0)
    if crops && isAntialiased {
      throw attributes.wrongValue("antialias", "1", "0 with tf_crop_and_resize")
    }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .all)
    guard var shape = data.shape else { return [ValueFacts(data.scalarType, nil)] }
    let axes = try operands.axes(axes ?? Array(0..<shape.rank), rank: shape.rank)
    if crops, let region = try operands.required(1, of: .floats).concreteShape,
      region.elementCount != 2 * axes.count
    {
      throw operands.shapeMismatch(
        "the region does not have two corners for each axis", found: "\(region)",
        expected: "\(2 * axes.count)")
    }
    guard let resolutions = try resolutions(operands, shape, axes) else {
      for axis in axes { shape[axis] = .unknown }
      return [ValueFacts(data.scalarType, shape)]
    }
    for (axis, resolution) in zip(axes, resolutions) {
      if resolution.extent.value != 0 && shape[axis].value == 0 {
        throw operands.shapeMismatch(
          "an empty axis has no elements to resize", found: "\(resolution.extent)", expected: "0")
      }
      shape[axis] = resolution.extent
    }
    return [ValueFacts(data.scalarType, shape)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    let count = outputs[0]?.concreteShape?.elementCount ?? 0
    switch mode {
    case .nearest: return Cost(otherOperations: count)
    // Two axes, with two or four neighbours along each.
    case .linear: return Cost(multiplyAdds: Cost.product(4, count))
    case .cubic: return Cost(multiplyAdds: Cost.product(8, count))
    }
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    let input = request.inputShape(0)
    let operands = Operands(request.inputs, outputCount: 1, place: request.place)
    let axes = try operands.axes(axes ?? Array(0..<input.rank), rank: input.rank)
    guard let width = type.elementByteCount,
      let resolutions = try resolutions(operands, SymbolicShape(input), axes)
    else { throw request.unsupportedType(type) }
    if mode != .nearest && !Set.realNumbers.contains(type) { throw request.unsupportedType(type) }
    if request.outputShape().elementCount == 0 { return ViewKernel() }
    if crops {
      guard type.hasNumbers, Set.realNumbers.contains(request.inputType(1)) else {
        throw request.unsupportedType(type.hasNumbers ? request.inputType(1) : type)
      }
      return CroppingKernel(
        input: input, output: request.outputShape(), axes: axes, resize: self, type: type,
        regionType: request.inputType(1))
    }

    if mode != .nearest {
      let tables = try tables(operands, input: input, output: request.outputShape())
      return ResamplingKernel(Resampling(input, tables: tables, scalarType: type))
    }
    var positions = [[Int]?](repeating: nil, count: input.rank)
    for (axis, resolution) in zip(axes, resolutions) {
      let (old, new) = (input[axis], request.outputShape()[axis])
      if old == new && resolution.scale == 1 { continue }
      positions[axis] = ResamplingTable.nearest(
        from: old, to: new, scale: resolution.scale, coordinates: coordinates, rounding: rounding)
    }
    return GatherKernel(SeparableGather(input, positions: positions, elementByteCount: width))
  }

  /// How each axis is resampled by the modes that compute; nil for one that stays.
  ///
  /// - Parameter operands: those of the node.
  /// - Throws: what is wrong with scales or sizes.
  package func tables(
    _ operands: Operands, input: Shape, output: Shape
  ) throws(MRDLError) -> [ResamplingTable?] {
    let axes = try operands.axes(axes ?? Array(0..<input.rank), rank: input.rank)
    var tables = [ResamplingTable?](repeating: nil, count: input.rank)
    let resolutions = try resolutions(operands, SymbolicShape(input), axes) ?? []
    for (axis, resolution) in zip(axes, resolutions) {
      let (old, new) = (input[axis], output[axis])
      if old == new && resolution.scale == 1 { continue }
      tables[axis] = ResamplingTable(
        from: old, to: new, scale: resolution.scale, coordinates: coordinates,
        filter: mode == .linear ? .linear : .cubic(a: cubicCoefficient),
        isAntialiased: isAntialiased, excludesOutside: excludesOutside)
    }
    return tables
  }
}

/// Runs a `Resampling` of input 0.
package struct ResamplingKernel: Kernel {
  private let resampling: Resampling

  package init(_ resampling: Resampling) { self.resampling = resampling }

  package var workspaceByteCount: Int { resampling.workspaceByteCount }

  package func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let source = arguments.inputBytes(0).baseAddress,
      let target = arguments.outputBytes(0).baseAddress
    else { return }
    resampling.run(
      source: source, target: target, workspace: arguments.workspace.baseAddress)
  }
}
