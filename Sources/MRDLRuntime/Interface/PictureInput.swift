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
  /// How many pictures run together, where the model fixes that.
  package let batch: Int?
  /// The name of the input of the model that it stands for.
  package let modelInputName: String
  public let preprocessing: ImagePreprocessing
  /// The height that pictures must have, where there is no rule to resize them and the model fixes it.
  public let height: Int?
  /// The width that pictures must have, where there is no rule to resize them and the model fixes it.
  public let width: Int?

  /// Lowers the preprocessing of an input.
  ///
  /// - Parameters:
  ///   - name: the input; nil for the first one with preprocessing of pictures, or the only one there is or
  ///     that has four axes.
  ///   - override: used in place of what the model says. Where neither says anything, pixels are taken as they
  ///     are if the graph itself scales them.
  /// - Throws: `MRDL4003` where there is no such input, `MRDL4001` where the input cannot take pictures.
  public init(
    _ model: Model, input name: String? = nil, override: ImagePreprocessing? = nil
  ) throws(MRDLError) {
    let index = try Self.index(of: name, in: model)
    let input = model.graph.inputs[index]
    let shape = try Self.shape(ofPictures: input)
    var told = override ?? Self.stated(input.name, model)
    if told == nil {
      // What cannot take pictures at all is told before what only lacks words.
      let usual = try PictureOptions().preprocessing(of: input, stated: nil)
      if try PixelRange(model).isScaled(input.name) { told = usual }
    }
    guard let preprocessing = told else {
      throw MRDLError(
        .wrongInput, "the model does not say how a picture becomes input \"\(input.name)\"",
        found: "\(input)",
        expected: "--resize, --scale, --mean, --std to say it (--scale 1 for pixels as they are), "
          + "or an .npy file")
    }
    let layout = preprocessing.layout
    let channels = shape[layout.channelAxis]
    guard
      channels.value ?? preprocessing.colorSpace.channelCount
        == preprocessing.colorSpace.channelCount
    else {
      throw MRDLError(
        .wrongInput, "the preprocessing gives another number of channels than the input takes",
        found: "\(preprocessing.colorSpace.rawValue), layout \(layout.rawValue), for \(input)",
        expected: "\(channels)", at: Place("/preprocessing/\(input.name)"))
    }
    var (height, width) = (shape[layout.heightAxis], shape[layout.heightAxis + 1])
    var builder = PrefixBuilder(model: model, input: input)
    if let resize = preprocessing.resize {
      let target = try Self.target(of: resize, height: height, width: width, input)
      builder.appendResize(resize, to: target, channelCount: preprocessing.colorSpace.channelCount)
      height = .symbolic("\(input.name).height")
      width = .symbolic("\(input.name).width")
    }
    let pixels = SymbolicShape([
      shape[0], height, width, .fixed(preprocessing.colorSpace.channelCount),
    ])
    builder.appendScaling(preprocessing)
    if layout == .nchw {
      builder.append("Transpose", attributes: ["perm": .integers([0, 3, 1, 2])])
    }
    inputName = builder.pixelName
    modelInputName = input.name
    batch = shape[0].value
    self.model = builder.finish(pixels: pixels, at: index)
    self.preprocessing = preprocessing
    self.height = height.value
    self.width = width.value
  }

  /// Lowers the preprocessing of an input as a caller wants it.
  ///
  /// - Parameters:
  ///   - name: the input; nil as for the other initialiser.
  ///   - options: what counts in place of what the model says.
  /// - Throws: as the other initialiser; `MRDL9007` for options that do not fit the input.
  package init(
    _ model: Model, input name: String? = nil, options: PictureOptions
  ) throws(MRDLError) {
    let input = model.graph.inputs[try Self.index(of: name, in: model)]
    var override: ImagePreprocessing?
    if !options.isEmpty {
      _ = try Self.shape(ofPictures: input)
      override = try options.preprocessing(of: input, stated: Self.stated(input.name, model))
    }
    try self.init(model, input: input.name, override: override)
  }

  /// The shape of an input that takes pictures.
  private static func shape(ofPictures input: ValueInfo) throws(MRDLError) -> SymbolicShape {
    guard input.kind == .tensor, let shape = input.shape, shape.rank == 4,
      PrefixBuilder.scalarTypes.contains(input.scalarType)
    else {
      throw MRDLError(
        .wrongInput, "input \"\(input.name)\" does not take pictures", found: "\(input)",
        expected: "f32, f64, f16 or u8 [N, C, H, W] or [N, H, W, C]")
    }
    return shape
  }

  /// The size that a rule brings pictures to; nil where the input leaves it open and the rule needs none.
  private static func target(
    of resize: ImagePreprocessing.Resize, height: Dimension, width: Dimension, _ input: ValueInfo
  ) throws(MRDLError) -> (height: Int, width: Int)? {
    let place = Place("/preprocessing/\(input.name)")
    for (fixed, asked) in [(height.value, resize.height), (width.value, resize.width)] {
      if let fixed, let asked, fixed != asked {
        throw MRDLError(
          .wrongInput, "pictures are to get another size than the input takes",
          found: "\(asked)", expected: "\(fixed), the size of \(input)", at: place)
      }
    }
    guard let height = height.value ?? resize.height, let width = width.value ?? resize.width else {
      // Without a size to cut out the whole picture is kept.
      if resize.fit == .centerCrop, height.value ?? resize.height == nil,
        width.value ?? resize.width == nil
      {
        return nil
      }
      throw MRDLError(
        .wrongInput, "pictures cannot be resized to a size that the model leaves open",
        found: "\(input)",
        expected: "--size WIDTHxHEIGHT, or --resize N for the shorter side alone",
        at: place)
    }
    if let side = resize.shorterSide, side < max(height, width) {
      throw MRDLError(
        .wrongInput, "the shorter side becomes shorter than what is cut out", found: "\(side)",
        expected: "\(max(height, width)) or more", at: place)
    }
    return (height, width)
  }

  /// Checks the size of a picture.
  ///
  /// - Throws: `MRDL3004` where the model takes another size and states no rule to resize.
  public func check(width: Int, height: Int) throws(MRDLError) {
    if self.width ?? width == width && self.height ?? height == height { return }
    throw MRDLError(
      .wrongImageSize,
      "the picture does not have the size that the model takes, and there is no rule to resize",
      found: "\(width) x \(height)",
      expected:
        "\(self.width.map(String.init) ?? "any") x \(self.height.map(String.init) ?? "any"), "
        + "or --resize")
  }

  private static func stated(_ name: String, _ model: Model) -> ImagePreprocessing? {
    if case .image(let image) = model.preprocessing[name] { image } else { nil }
  }

  private static func index(of name: String?, in model: Model) throws(MRDLError) -> Int {
    let inputs = model.graph.inputs
    var index: Int?
    if let name {
      index = inputs.firstIndex { $0.name == name }
    } else {
      index = inputs.firstIndex { stated($0.name, model) != nil }
      if index == nil {
        let candidates = inputs.indices.filter { inputs.count == 1 || inputs[$0].shape?.rank == 4 }
        index = candidates.count == 1 ? candidates[0] : nil
      }
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
