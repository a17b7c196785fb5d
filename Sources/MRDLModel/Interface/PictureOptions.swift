package import MRDLCore

/// What a caller says of the way from a picture to an input, where the model does not say it or
/// other than it says.
///
/// Messages name the options of the commands, each of which is one property.
package struct PictureOptions: Sendable, Hashable {
  /// How a picture of another size is brought to that of the input: `--resize`.
  package enum Rule: Sendable, Hashable {
    case stretch, cover, contain
    /// The shorter side to so many pixels, then the middle is cut out.
    case shorterSide(Int)
  }

  /// A size in pixels: `--size`.
  package struct Size: Sendable, Hashable {
    package let width: Int
    package let height: Int

    /// - Precondition: both lie in `ImagePreprocessing.Resize.extents`.
    package init(width: Int, height: Int) {
      self.width = width
      self.height = height
    }
  }

  package var colorSpace: ImagePreprocessing.ColorSpace?
  package var layout: ImagePreprocessing.Layout?
  package var rule: Rule?
  package var size: Size?
  package var interpolation: ImagePreprocessing.Resize.Interpolation?
  package var antialias: Bool?
  package var scale: Double?
  /// One number, or one a channel.
  package var mean: [Double]?
  /// One number, or one a channel; none is 0.
  package var standardDeviation: [Double]?

  package init() {}

  /// Whether nothing is said.
  package var isEmpty: Bool { self == PictureOptions() }

  /// How a picture becomes an input: as the caller says, else as the model does, else in the usual way: the
  /// channels where there are 1 or 3 of them, red first, pixels as they are.
  ///
  /// - Parameters:
  ///   - input: an input of four axes.
  ///   - stated: what the model says.
  /// - Throws: `MRDL4001` for an input that does not have the channels of a picture, `MRDL9007` for options
  ///   that do not fit it or each other.
  package func preprocessing(
    of input: ValueInfo, stated: ImagePreprocessing?
  ) throws(MRDLError) -> ImagePreprocessing {
    var result = if let stated { stated } else { try usual(input) }
    result.colorSpace = colorSpace ?? result.colorSpace
    result.layout = layout ?? result.layout
    result.resize = try resize(stated: result.resize)
    result.scale = scale ?? result.scale
    result.mean = mean ?? result.mean
    result.standardDeviation = standardDeviation ?? result.standardDeviation
    for (name, count) in [
      ("mean", result.mean.count), ("std", result.standardDeviation.count),
    ] where count != 1 && count != result.colorSpace.channelCount {
      throw MRDLError(
        .badUsage, "--\(name) needs one number, or one for each channel", found: "\(count)",
        expected: result.colorSpace.channelCount == 1 ? "1" : "1 or 3")
    }
    return result
  }

  /// What can be told from the shape of an input alone.
  private func usual(_ input: ValueInfo) throws(MRDLError) -> ImagePreprocessing {
    let dimensions = input.shape?.dimensions ?? []
    guard dimensions.count == 4 else {
      throw MRDLError(
        .wrongInput, "input \"\(input.name)\" does not take pictures", found: "\(input)",
        expected: "four axes: [N, C, H, W] or [N, H, W, C]")
    }
    let counts = ImagePreprocessing.ColorSpace.allCases.map(\.channelCount)
    let told = ImagePreprocessing.Layout.allCases.first {
      dimensions[$0.channelAxis].value.map(counts.contains) ?? false
    }
    guard let layout = layout ?? told else {
      let isOpen = ImagePreprocessing.Layout.allCases.contains {
        dimensions[$0.channelAxis].value == nil
      }
      throw MRDLError(
        .wrongInput,
        isOpen
          ? "input \"\(input.name)\" leaves open where its channels are"
          : "input \"\(input.name)\" does not have the channels of a picture",
        found: "\(input)",
        expected: isOpen
          ? "--layout NCHW or NHWC to say it, --color-space where it is not rgb"
          : "1 channel (grey) or 3 (rgb, bgr)")
    }
    let isGrey = dimensions[layout.channelAxis].value == 1
    return ImagePreprocessing(colorSpace: colorSpace ?? (isGrey ? .grey : .rgb), layout: layout)
  }

  private func resize(
    stated: ImagePreprocessing.Resize?
  ) throws(MRDLError) -> ImagePreprocessing.Resize? {
    var result = stated
    switch rule {
    case .stretch: result = ImagePreprocessing.Resize(fit: .stretch)
    case .cover: result = ImagePreprocessing.Resize(fit: .cover)
    case .contain: result = ImagePreprocessing.Resize(fit: .contain)
    case .shorterSide(let side):
      result = ImagePreprocessing.Resize(fit: .centerCrop, shorterSide: side)
    case nil: break
    }
    if result == nil, size != nil || interpolation != nil || antialias != nil {
      throw MRDLError(
        .badUsage, "--size, --interpolation and --no-antialias need --resize",
        found: "a model without a rule to resize")
    }
    result?.interpolation = interpolation ?? stated?.interpolation ?? .linear
    result?.antialias = antialias ?? stated?.antialias ?? true
    result?.height = size?.height ?? stated?.height
    result?.width = size?.width ?? stated?.width
    return result
  }
}

extension ImagePreprocessing.Layout {
  /// The axis of the channels of an input of four axes.
  package var channelAxis: Int { self == .nchw ? 1 : 3 }
  /// The axis of its rows.
  package var heightAxis: Int { self == .nchw ? 2 : 1 }
}

extension PictureOptions.Rule: LosslessStringConvertible {
  /// `stretch`, `cover`, `contain`, or the pixels of the shorter side.
  package init?(_ description: String) {
    switch description {
    case "stretch": self = .stretch
    case "cover": self = .cover
    case "contain": self = .contain
    default:
      guard let side = Int(description), ImagePreprocessing.Resize.extents.contains(side) else {
        return nil
      }
      self = .shorterSide(side)
    }
  }

  package var description: String {
    switch self {
    case .stretch: "stretch"
    case .cover: "cover"
    case .contain: "contain"
    case .shorterSide(let side): "\(side)"
    }
  }
}

extension PictureOptions.Size: LosslessStringConvertible {
  /// `WIDTHxHEIGHT`, or one number for both.
  package init?(_ description: String) {
    let parts = description.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = parts[0], let last = parts[parts.count - 1], parts.count <= 2,
      ImagePreprocessing.Resize.extents.contains(first),
      ImagePreprocessing.Resize.extents.contains(last)
    else { return nil }
    self.init(width: first, height: last)
  }

  package var description: String { "\(width)x\(height)" }
}
