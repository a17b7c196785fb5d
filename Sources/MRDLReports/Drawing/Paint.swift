/// What a shape is drawn in.
package enum Paint: Sendable, Hashable {
  /// The ground.
  case paper
  /// Text, and what stands out most.
  case ink
  /// Axes and frames.
  case axis
  /// Lines to read numbers by.
  case grid
  /// A colour of the palette, by its number.
  case palette(Int)
  /// White whatever the ground.
  case white

  /// Colours that people tell apart whatever their sight (Okabe and Ito, 2008).
  private static let palette = [
    0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x8a7b00,
  ]

  /// How many colours the palette has before it begins again.
  package static var paletteCount: Int { palette.count }

  /// Red, green and blue on a light ground, a byte each.
  var rgb: Int {
    switch self {
    case .paper, .white: 0xffffff
    case .ink: 0x1a1a1a
    case .axis: 0x595959
    case .grid: 0xe4e4e4
    case .palette(let number): Self.palette[number % Self.palette.count]
    }
  }

  /// The class that a page in other colours finds the shape by; nil for what keeps its colour.
  var className: String? {
    switch self {
    case .paper: "paper"
    case .ink: "ink"
    case .axis: "axis"
    case .grid: "grid"
    case .palette, .white: nil
    }
  }

  /// The colour as in CSS.
  var css: String {
    let digits = String(rgb, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}
