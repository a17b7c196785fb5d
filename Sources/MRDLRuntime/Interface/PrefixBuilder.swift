internal import MRDLCore
internal import MRDLModel

/// Puts the nodes that make an input of a picture in front of a graph.
struct PrefixBuilder {
  /// The types of inputs that pictures can become.
  static let scalarTypes: Set<ScalarType> = [.float32, .float64, .float16, .uint8]

  var model: Model
  let input: ValueInfo
  let pixelName: String
  private var nodes: [Node] = []
  /// The value that the next node reads.
  private var current: String

  init(model: Model, input: ValueInfo) {
    self.model = model
    self.input = input
    pixelName = input.name + ".pixels"
    current = pixelName
  }

  /// Puts a node behind the picture, which is its first input.
  mutating func append(
    _ operatorName: String, _ constants: [String] = [],
    attributes: [String: AttributeValue] = [:]
  ) {
    current = value(operatorName, [current] + constants, attributes)
  }

  /// The output of a new node.
  private mutating func value(
    _ operatorName: String, _ inputs: [String], _ attributes: [String: AttributeValue] = [:]
  ) -> String {
    let output = "\(pixelName).\(nodes.count)"
    nodes.append(
      Node(operatorName, name: output, inputs: inputs, outputs: [output], attributes: attributes))
    return output
  }

  mutating func constant(_ tensor: Tensor) -> String {
    let name = "\(pixelName).constant.\(model.tensors.count)"
    model.tensors[name] = ModelTensor(name, tensor)
    return name
  }

  private mutating func scalar(_ number: Float) -> String { constant(Tensor([number], shape: [])) }

  /// Numbers in the scalar type that pixels are scaled in.
  mutating func constant(_ numbers: [Double]) -> String {
    constant(
      input.scalarType == .float64 ? Tensor(numbers) : Tensor(numbers.map { Float($0) }))
  }

  /// Brings a picture to another size.
  ///
  /// What is cut out begins at half of what is too much, a half rounded to the even number, as torchvision's
  /// CenterCrop has it. Smoothed filters leave out what is not in the picture, and the cubic one has the slope
  /// −0.5, as Pillow and torchvision have it; the nearest pixel is the one that the middle falls into.
  ///
  /// - Parameter target: the size; nil where the whole picture is kept.
  mutating func appendResize(
    _ rule: ImagePreprocessing.Resize, to target: (height: Int, width: Int)?, channelCount: Int
  ) {
    var attributes: [String: AttributeValue] = [
      "mode": .string(rule.interpolation.rawValue),
      "axes": .integers([1, 2]),
    ]
    if rule.interpolation == .nearest {
      attributes["nearest_mode"] = .string("round_prefer_ceil")
    } else if rule.antialias {
      attributes["antialias"] = .integer(1)
      attributes["exclude_outside"] = .integer(1)
      if rule.interpolation == .cubic { attributes["cubic_coeff_a"] = .float(-0.5) }
    }
    let size = target.map { constant(Tensor([Int64($0.height), Int64($0.width)])) }
    if rule.fit == .contain {
      attributes["keep_aspect_ratio_policy"] = .string("not_larger")
    }
    guard rule.fit == .cover || rule.fit == .centerCrop else {
      guard let size else { preconditionFailure("a size is needed") }
      append("Resize", ["", "", size], attributes: attributes)
      if rule.fit == .contain {
        append("CenterCropPad", [size], attributes: ["axes": .integers([1, 2])])
      }
      return
    }
    let (height, width) = target ?? (0, 0)
    let covering = coveringSize(
      height: rule.shorterSide ?? height, width: rule.shorterSide ?? width)
    append("Resize", ["", "", covering], attributes: attributes)
    guard let size else { return }
    let excess = value("Sub", [covering, size])
    let half = value(
      "Mul", [value("Cast", [excess], ["to": .integer(1)]), constant(Tensor([0.5 as Float]))])
    let start = value("Cast", [value("Round", [half])], ["to": .integer(7)])
    append("Slice", [start, value("Add", [start, size]), constant(Tensor([1, 2] as [Int64]))])
    // The extents again, which are known before there is a picture.
    append(
      "Reshape",
      [constant(Tensor([0, Int64(height), Int64(width), Int64(channelCount)]))])
  }

  /// The size of a picture scaled so that neither side is less than asked for, in whole pixels: for sides d
  /// and targets t the larger one of ⌊t[i] · d[j] / d[i]⌋ over i.
  private mutating func coveringSize(height: Int, width: Int) -> String {
    let sides = value("Shape", [current], ["start": .integer(1), "end": .integer(3)])
    let targets = constant(Tensor([Int64(height), Int64(width)], shape: [2, 1]))
    let column = value("Unsqueeze", [sides, constant(Tensor([1] as [Int64]))])
    let sizes = value("Div", [value("Mul", [sides, targets]), column])
    return value(
      "ReduceMax", [sizes, constant(Tensor([0] as [Int64]))], ["keepdims": .integer(0)])
  }

  /// (pixel · scale − mean) / std, over the last axis, in the type of the input; steps that change nothing are
  /// left out. What lies between two whole numbers becomes the nearer one.
  mutating func appendScaling(_ rule: ImagePreprocessing) {
    if input.scalarType == .float64 { append("Cast", attributes: ["to": .integer(11)]) }
    if rule.scale != 1 { append("Mul", [constant([rule.scale])]) }
    if rule.mean.contains(where: { $0 != 0 }) { append("Sub", [constant(rule.mean)]) }
    if rule.standardDeviation.contains(where: { $0 != 1 }) {
      append("Div", [constant(rule.standardDeviation)])
    }
    if input.scalarType == .float16 { append("Cast", attributes: ["to": .integer(10)]) }
    if input.scalarType == .uint8 {
      append("Round")
      append("Clip", [scalar(0), scalar(255)])
      append("Cast", attributes: ["to": .integer(2)])
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
