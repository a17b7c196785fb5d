/// What turns a picture or a row of a table into the input of a model.
public enum Preprocessing: Sendable, Hashable {
  case image(ImagePreprocessing)
  case features(FeaturePreprocessing)
}

/// What turns a picture into the input of a model: colours, size, and for each channel c
/// (pixel · scale − mean[c]) / std[c], where pixels run from 0 to 255.
public struct ImagePreprocessing: Sendable, Hashable {
  /// The channels of the input and their order.
  public enum ColorSpace: String, Sendable, Hashable, CaseIterable {
    case grey, rgb, bgr

    /// The number of channels.
    public var channelCount: Int { self == .grey ? 1 : 3 }
  }

  /// The order of the axes of the input.
  public enum Layout: String, Sendable, Hashable, CaseIterable {
    case nchw = "NCHW"
    case nhwc = "NHWC"
  }

  /// How a picture of another size is brought to that of the input.
  public struct Resize: Sendable, Hashable {
    public enum Fit: String, Sendable, Hashable, CaseIterable {
      /// Each side by its own factor.
      case stretch
      /// By the larger factor, then the middle is cut out.
      case cover
      /// By the smaller factor, then the rest is filled on both sides.
      case contain
      /// The shorter side to a length that is stated, then the middle is cut out.
      case centerCrop = "center_crop"
    }

    public enum Interpolation: String, Sendable, Hashable, CaseIterable {
      case nearest, linear, cubic
    }

    /// What a side of a picture can be told to become.
    package static let extents = 1...65_536

    public var fit: Fit
    public var interpolation: Interpolation
    /// Whether shrinking averages over all pixels that fall together.
    public var antialias: Bool
    /// The pixels of the shorter side before the middle is cut out; with `Fit.centerCrop` alone.
    public var shorterSide: Int?
    /// The height that pictures get where the input leaves it open.
    public var height: Int?
    /// The width that pictures get where the input leaves it open.
    public var width: Int?

    /// - Precondition: `shorterSide` is there for `Fit.centerCrop`, and for no other.
    public init(
      fit: Fit = .stretch, interpolation: Interpolation = .linear, antialias: Bool = true,
      shorterSide: Int? = nil, height: Int? = nil, width: Int? = nil
    ) {
      precondition(
        (fit == .centerCrop) == (shorterSide != nil), "a shorter side belongs to center_crop")
      self.fit = fit
      self.interpolation = interpolation
      self.antialias = antialias
      self.shorterSide = shorterSide
      self.height = height
      self.width = width
    }
  }

  public var colorSpace: ColorSpace
  public var layout: Layout
  /// nil: a picture must have the size of the input.
  public var resize: Resize?
  public var scale: Double
  /// One number a channel, or one for all.
  public var mean: [Double]
  /// One number a channel, or one for all; none is zero.
  public var standardDeviation: [Double]

  public init(
    colorSpace: ColorSpace, layout: Layout = .nchw, resize: Resize? = nil, scale: Double = 1,
    mean: [Double] = [0], standardDeviation: [Double] = [1]
  ) {
    self.colorSpace = colorSpace
    self.layout = layout
    self.resize = resize
    self.scale = scale
    self.mean = mean
    self.standardDeviation = standardDeviation
  }
}

/// What turns a row of a table into the input of a model: (x[i] − mean[i]) / std[i].
public struct FeaturePreprocessing: Sendable, Hashable {
  /// The names of the columns, in the order of the input.
  public var names: [String]
  /// One number a feature; empty for none.
  public var mean: [Double]
  /// One number a feature; empty for none.
  public var standardDeviation: [Double]

  public init(names: [String], mean: [Double] = [], standardDeviation: [Double] = []) {
    self.names = names
    self.mean = mean
    self.standardDeviation = standardDeviation
  }
}
