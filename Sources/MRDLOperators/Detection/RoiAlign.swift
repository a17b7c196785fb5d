public import MRDLCore
internal import MRDLModel

/// ONNX RoiAlign: regions of feature maps resampled to a common size (ROI align).
///
/// Inputs: X [N, C, H, W], regions [R, 4] as x₁, y₁, x₂, y₂, and the picture of each. Output:
/// [R, C, output_height, output_width]: the mean (`mode` "avg") or largest ("max") of bilinear samples of
/// each cell, `sampling_ratio` along each axis, or as many as the cell has pixels.
public struct RoiAlign: Operator {
  public static let name = "RoiAlign"
  public static let inputCount = 3...3

  private enum Mode: String, CaseIterable {
    case average = "avg"
    case maximum = "max"
  }

  private enum Coordinates: String, CaseIterable {
    case halfPixel = "half_pixel"
    case outputHalfPixel = "output_half_pixel"
  }

  private let mode: Mode
  private let coordinates: Coordinates
  private let height: Int
  private let width: Int
  private let samplingRatio: Int
  private let spatialScale: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    mode = try attributes.choice("mode", default: .average)
    coordinates = try attributes.choice(
      "coordinate_transformation_mode", default: .halfPixel)
    height = try attributes.integer("output_height", default: 1, in: 1...65_536)
    width = try attributes.integer("output_width", default: 1, in: 1...65_536)
    samplingRatio = try attributes.integer("sampling_ratio", default: 0, in: 0...65_536)
    spatialScale = try attributes.float("spatial_scale", default: 1)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...1, among: .floats)
    _ = try operands.required(2, of: [.int64])
    let x = try operands.shape(0, rank: 4...4)
    let regions = try operands.shape(1, rank: 2...2)
    if let regions {
      _ = try operands.unify(regions[1], 4, "regions are not four numbers each")
      try operands.checkVector(
        2, extent: regions[0], "there are not as many pictures as regions")
    }
    return [
      ValueFacts(
        type, [regions?[0] ?? .unknown, x?[1] ?? .unknown, .fixed(height), .fixed(width)])
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    return RoiAlignKernel(
      input: request.inputShape(0), regionCount: request.inputShape(1)[0], height: height,
      width: width, samplingRatio: samplingRatio, spatialScale: spatialScale,
      shift: coordinates == .halfPixel ? 0.5 : 0, isAverage: mode == .average, type: type,
      place: request.place)
  }
}
