internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// The axes of height and width.
  private static func spatialAxes(_ layer: KerasLayer, rank: Int) -> [Int] {
    let isFirst = layer.config.text("data_format", default: "channels_last") == "channels_first"
    return isFirst ? [rank - 2, rank - 1] : [rank - 3, rank - 2]
  }

  static func resizing(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let size = [try layer.config.required("height"), try layer.config.required("width")]
    guard x[0].rank == 4, !layer.config.flag("crop_to_aspect_ratio"),
      !layer.config.flag("pad_to_aspect_ratio"), !layer.config.flag("antialias")
    else { throw k.unsupported("resizing that keeps proportions or smooths") }
    let mode = layer.config.text("interpolation", default: "bilinear")
    let attributes: [String: AttributeValue]
    switch mode {
    case "bilinear":
      attributes = [
        "mode": .string("linear"), "coordinate_transformation_mode": .string("half_pixel"),
      ]
    case "nearest":
      attributes = [
        "mode": .string("nearest"), "coordinate_transformation_mode": .string("half_pixel"),
        "nearest_mode": .string("round_prefer_ceil"),
      ]
    default: throw k.unsupported("\(mode) resizing")
    }
    let isFirst = layer.config.text("data_format", default: "channels_last") == "channels_first"
    let input = isFirst ? x[0] : k.channelsFirst(x[0])
    var all = attributes
    all["axes"] = .integers([2, 3])
    let y = k.emit(
      "Resize", [input.name, "", "", k.integers(size, "sizes")], attributes: all,
      extents: [input.extents[0], input.extents[1]] + size.map { Optional($0) })
    return [isFirst ? y : k.channelsLast(y)]
  }

  static func centerCrop(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let size = [try layer.config.required("height"), try layer.config.required("width")]
    let axes = spatialAxes(layer, rank: x[0].rank)
    var starts: [Int] = []
    var extents = x[0].extents
    for (axis, wanted) in zip(axes, size) {
      guard x[0].rank > 2, let extent = x[0].extents[axis], extent >= wanted else {
        throw k.unsupported("cropping of a picture that is smaller or of unknown size")
      }
      starts.append((extent - wanted) / 2)
      extents[axis] = wanted
    }
    return [
      k.emit(
        "Slice",
        [
          x[0].name, k.integers(starts, "starts"),
          k.integers(zip(starts, size).map { $0 + $1 }, "ends"), k.integers(axes),
        ], extents: extents)
    ]
  }
}
