public import MRDLCore
public import MRDLModel

/// An input of a model that takes pictures, with its preprocessing made a part of the graph.
///
/// Resizing, scaling and the order of axes become ordinary operators in front of the model's own, so
/// that they exist once and are planned like everything else. The new input takes pixels as `f32` from
/// 0 to 255, of shape [N, height, width, channels], in the colour space that the model asks for.
public struct PictureInput: Sendable {
  /// The model with the new input in place of the old one.
  public let model: Model
  /// The name of the new input.
  public let inputName: String
  public let preprocessing: ImagePreprocessing
  /// The height that pictures must have, where there is no rule to resize them and the model fixes it.
  public let height: Int?
  /// The width that pictures must have, where there is no rule to resize them and the model fixes it.
  public let width: Int?

  /// Lowers the preprocessing of an input.
  ///
  /// - Parameters:
  ///   - name: the input; nil for the first one with preprocessing of pictures, or the only one there is.
  ///   - override: used in place of what the model says.
  /// - Throws: `MRDL4003` where there is no such input, `MRDL4001` where the input cannot take pictures.
  public init(
    _ model: Model, input name: String? = nil, override: ImagePreprocessing? = nil
  ) throws(MRDLError) {
    let index = try Self.index(of: name, in: model)
    let input = model.graph.inputs[index]
    guard input.kind == .tensor, let shape = input.shape, shape.rank == 4,
      input.scalarType == .float32 || input.scalarType == .float64
    else {
      throw MRDLError(
        .wrongInput, "input \"\(input.name)\" does not take pictures", found: "\(input)",
        expected: "f32 [N, C, H, W] or [N, H, W, C]")
    }
    guard let preprocessing = override ?? Self.stated(input.name, model) else {
      throw MRDLError(
        .wrongInput, "the model does not say how a picture becomes input \"\(input.name)\"",
        expected: "an .npy file, or --scale, --mean and --std")
    }
    let isChannelsFirst = preprocessing.layout == .nchw
    let channels = isChannelsFirst ? shape[1] : shape[3]
    let height = isChannelsFirst ? shape[2] : shape[1]
    let width = isChannelsFirst ? shape[3] : shape[2]
    guard
      channels.value ?? preprocessing.colorSpace.channelCount
        == preprocessing.colorSpace.channelCount
    else {
      throw MRDLError(
        .wrongInput, "the preprocessing gives another number of channels than the input takes",
        found: "\(preprocessing.colorSpace.channelCount)", expected: "\(channels)",
        at: Place("/preprocessing/\(input.name)"))
    }
    var builder = PrefixBuilder(model: model, input: input)
    var pixels = SymbolicShape([
      shape[0], height, width, .fixed(preprocessing.colorSpace.channelCount),
    ])
    if let resize = preprocessing.resize {
      guard let targetHeight = height.value, let targetWidth = width.value else {
        throw MRDLError(
          .wrongInput, "pictures cannot be resized to a size that the model does not fix",
          found: "\(input)", at: Place("/preprocessing/\(input.name)"))
      }
      builder.appendResize(resize, height: targetHeight, width: targetWidth)
      pixels[1] = .symbolic("\(input.name).height")
      pixels[2] = .symbolic("\(input.name).width")
    }
    builder.appendScaling(preprocessing)
    if isChannelsFirst {
      builder.append("Transpose", attributes: ["perm": .integers([0, 3, 1, 2])])
    }
    inputName = builder.pixelName
    self.model = builder.finish(pixels: pixels, at: index)
    self.preprocessing = preprocessing
    self.height = preprocessing.resize == nil ? height.value : nil
    self.width = preprocessing.resize == nil ? width.value : nil
  }

  /// Checks the size of a picture.
  ///
  /// - Throws: `MRDL3004` where the model takes another size and states no rule to resize.
  public func check(width: Int, height: Int) throws(MRDLError) {
    if self.width ?? width == width && self.height ?? height == height { return }
    throw MRDLError(
      .wrongImageSize,
      "the picture does not have the size that the model takes, and the model states no rule to resize",
      found: "\(width) x \(height)",
      expected: "\(self.width.map(String.init) ?? "any") x \(self.height.map(String.init) ?? "any")"
    )
  }

  private static func stated(_ name: String, _ model: Model) -> ImagePreprocessing? {
    if case .image(let image) = model.preprocessing[name] { image } else { nil }
  }

  private static func index(of name: String?, in model: Model) throws(MRDLError) -> Int {
    let inputs = model.graph.inputs
    let index: Int?
    if let name {
      index = inputs.firstIndex { $0.name == name }
    } else {
      index =
        inputs.firstIndex { stated($0.name, model) != nil } ?? (inputs.count == 1 ? 0 : nil)
    }
    guard let index else {
      throw MRDLError(
        .unknownInput, "the model has no input that takes pictures",
        found: name.map { "\"\($0)\"" },
        expected: inputs.map { "\"\($0.name)\"" }.joined(separator: ", "))
    }
    return index
  }
}

/// Puts nodes in front of a graph.
private struct PrefixBuilder {
  var model: Model
  let input: ValueInfo
  let pixelName: String
  private var nodes: [Node] = []
  private var current: String

  init(model: Model, input: ValueInfo) {
    self.model = model
    self.input = input
    pixelName = input.name + ".pixels"
    current = pixelName
  }

  mutating func append(
    _ operatorName: String, _ constants: [String] = [],
    attributes: [String: AttributeValue] = [:]
  ) {
    let output = "\(pixelName).\(nodes.count)"
    nodes.append(
      Node(
        operatorName, name: output, inputs: [current] + constants, outputs: [output],
        attributes: attributes))
    current = output
  }

  mutating func constant(_ tensor: Tensor) -> String {
    let name = "\(pixelName).constant.\(model.tensors.count)"
    model.tensors[name] = ModelTensor(name, tensor)
    return name
  }

  /// Numbers in the scalar type of the input.
  mutating func constant(_ numbers: [Double]) -> String {
    constant(
      input.scalarType == .float64 ? Tensor(numbers) : Tensor(numbers.map { Float($0) }))
  }

  mutating func appendResize(_ rule: ImagePreprocessing.Resize, height: Int, width: Int) {
    let sizes = constant(Tensor([Int64(height), Int64(width)]))
    var attributes: [String: AttributeValue] = [
      "mode": .string(rule.interpolation.rawValue),
      "axes": .integers([1, 2]),
      "antialias": .integer(rule.antialias && rule.interpolation != .nearest ? 1 : 0),
    ]
    switch rule.fit {
    case .stretch: break
    case .cover: attributes["keep_aspect_ratio_policy"] = .string("not_smaller")
    case .contain: attributes["keep_aspect_ratio_policy"] = .string("not_larger")
    }
    append("Resize", ["", "", sizes], attributes: attributes)
    if rule.fit != .stretch {
      append("CenterCropPad", [sizes], attributes: ["axes": .integers([1, 2])])
    }
  }

  /// (pixel · scale − mean) / std, over the last axis; steps that change nothing are left out.
  mutating func appendScaling(_ rule: ImagePreprocessing) {
    if input.scalarType == .float64 { append("Cast", attributes: ["to": .integer(11)]) }
    if rule.scale != 1 { append("Mul", [constant([rule.scale])]) }
    if rule.mean.contains(where: { $0 != 0 }) { append("Sub", [constant(rule.mean)]) }
    if rule.standardDeviation.contains(where: { $0 != 1 }) {
      append("Div", [constant(rule.standardDeviation)])
    }
  }

  /// The model with the nodes in front, their last output named as the old input was.
  mutating func finish(pixels: SymbolicShape, at index: Int) -> Model {
    if nodes.isEmpty { append("Identity") }
    nodes[nodes.count - 1].outputs = [input.name]
    model.graph.inputs[index] = ValueInfo(pixelName, .float32, pixels)
    model.graph.nodes = nodes + model.graph.nodes
    return model
  }
}
