internal import MRDLCore
internal import MRDLModel

extension LayerBuilder {
  func attributes(
    _ window: WindowRecipe, axes: Int
  ) throws(MRDLError) -> [String: AttributeValue] {
    func integers(_ extents: [Int]) throws(MRDLError) -> AttributeValue {
      .integers(try WindowRecipe.spread(extents, axes: axes).map { Int64($0) })
    }
    var attributes = [
      "kernel_shape": try integers(window.size), "strides": try integers(window.stride),
    ]
    if window.padding == .same { attributes["auto_pad"] = .string("SAME_UPPER") }
    return attributes
  }

  mutating func append(_ recipe: ConvolutionRecipe, name: String) throws(MRDLError) {
    let axes = try imageAxes()
    let channels = shape[0]
    guard channels.isMultiple(of: recipe.groups) else {
      throw MRDLError(
        .badRecipe, "the channels cannot be shared out among the groups",
        found: Quantity.count(channels, "channel"), expected: "a multiple of \(recipe.groups)")
    }
    if recipe.window.padding == .reflect { try mirror(recipe, axes: axes, name: name) }
    let kernel = try WindowRecipe.spread(recipe.window.size, axes: axes)
    let area = kernel.reduce(1, *)
    var inputs = [
      weight(
        "\(name).weight", Shape([recipe.filters, channels / recipe.groups] + kernel),
        axes: axes == 2 ? "OIHW" : "OIW", fanIn: channels / recipe.groups * area,
        fanOut: recipe.filters / recipe.groups * area)
    ]
    if recipe.bias { inputs.append(zeros("\(name).bias", Shape([recipe.filters]), axes: "O")) }
    var attributes = try attributes(recipe.window, axes: axes)
    if recipe.dilation.contains(where: { $0 != 1 }) {
      attributes["dilations"] = .integers(
        try WindowRecipe.spread(recipe.dilation, axes: axes).map { Int64($0) })
    }
    if recipe.groups != 1 { attributes["group"] = .integer(Int64(recipe.groups)) }
    try append("Conv", name, inputs: inputs, attributes: attributes)
  }

  /// Pads by mirrored values as (3-3) and (3-4) say: N = (W′ − 1) S + F − W, half of it before.
  private mutating func mirror(
    _ recipe: ConvolutionRecipe, axes: Int, name: String
  ) throws(MRDLError) {
    let kernel = try WindowRecipe.spread(recipe.window.size, axes: axes)
    let stride = try WindowRecipe.spread(recipe.window.stride, axes: axes)
    let dilation = try WindowRecipe.spread(recipe.dilation, axes: axes)
    var before: [Int64] = [0, 0]
    var after: [Int64] = [0, 0]
    for axis in 0..<axes {
      let extent = shape[axis + 1]
      let reach = (kernel[axis] - 1) * dilation[axis] + 1
      let results = (extent + stride[axis] - 1) / stride[axis]
      let padding = max(0, (results - 1) * stride[axis] + reach - extent)
      guard padding - padding / 2 < extent else {
        throw MRDLError(
          .badRecipe, "there are not enough values to mirror", found: "\(extent)",
          expected: "more than \(padding - padding / 2)")
      }
      before.append(Int64(padding / 2))
      after.append(Int64(padding - padding / 2))
    }
    try append(
      "Pad", "\(name).pad", inputs: [constant("\(name).pads", Tensor(before + after))],
      attributes: ["mode": .string("reflect")])
  }
}
