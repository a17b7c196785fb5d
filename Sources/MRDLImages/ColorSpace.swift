/// What the channels of an image mean; the raw value is the name in options and messages.
public enum ColorSpace: String, Sendable, Hashable, CaseIterable {
  case grey
  case greyAlpha = "grey-alpha"
  case rgb
  case rgba

  public var channelCount: Int {
    switch self {
    case .grey: 1
    case .greyAlpha: 2
    case .rgb: 3
    case .rgba: 4
    }
  }

  /// Whether the last channel is opacity, 0 for none, not multiplied into the others.
  public var hasAlpha: Bool { self == .greyAlpha || self == .rgba }

  /// The same without opacity.
  public var withoutAlpha: ColorSpace {
    switch self {
    case .grey, .greyAlpha: .grey
    case .rgb, .rgba: .rgb
    }
  }

  /// The same with opacity.
  public var withAlpha: ColorSpace {
    switch self {
    case .grey, .greyAlpha: .greyAlpha
    case .rgb, .rgba: .rgba
    }
  }
}
