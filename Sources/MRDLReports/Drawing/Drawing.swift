package import MRDLImages

/// A picture of strokes, discs, rectangles, text and pixels, for SVG and PNG alike.
///
/// The origin is the upper left corner, and x runs to the right, y down. Later elements cover earlier ones.
package struct Drawing: Sendable {
  package struct Point: Sendable, Hashable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }

    var isFinite: Bool { x.isFinite && y.isFinite }
  }

  package struct Rectangle: Sendable, Hashable {
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double

    package init(_ x: Double, _ y: Double, width: Double, height: Double) {
      self.x = x
      self.y = y
      self.width = width
      self.height = height
    }
  }

  /// Which part of a text stands at its place.
  package enum Anchor: String, Sendable {
    case start, middle, end
  }

  /// A line of text whose baseline goes through a place.
  package struct Text: Sendable, Hashable {
    package var string: String
    package var place: Point
    package var size: Double
    package var anchor: Anchor
    /// Degrees clockwise around the place.
    package var turn: Double
    package var paint: Paint

    /// From its baseline to the middle of its letters.
    static func rise(ofSize size: Double) -> Double { 0.35 * size }
  }

  package enum Element: Sendable {
    /// Points joined by a line with round ends.
    case stroke([Point], width: Double, Paint)
    case disc(Point, radius: Double, Paint)
    /// Opacity runs from 0 to 1.
    case rectangle(Rectangle, Paint, opacity: Double)
    case text(Text)
    /// Pixels with sharp edges. The picture has pixels, 8 bits a sample and no opacity.
    case image(Image, Rectangle)
  }

  package let title: String
  /// What is to be seen, in words.
  package let summary: String
  package let width: Double
  package let height: Double
  package private(set) var elements: [Element]

  package init(_ title: String, summary: String, width: Double, height: Double) {
    self.title = title
    self.summary = summary
    self.width = width
    self.height = height
    elements = [
      .rectangle(Rectangle(0, 0, width: width, height: height), .paper, opacity: 1)
    ]
  }

  package mutating func add(_ element: Element) { elements.append(element) }

  /// Adds a line of text; one wider than `limit` loses its end.
  package mutating func add(
    text: String, at place: Point, size: Double = 12, anchor: Anchor = .start, turn: Double = 0,
    limit: Double = .infinity, paint: Paint = .ink
  ) {
    guard !text.isEmpty else { return }
    elements.append(
      .text(
        Text(
          string: Self.shortened(text, size: size, limit: limit), place: place, size: size,
          anchor: anchor, turn: turn, paint: paint)))
  }

  /// Adds the title above all else.
  package mutating func addTitle() {
    add(
      text: title, at: Point(width / 2, 20), size: 14, anchor: .middle, limit: width - 16)
  }

  /// About how wide a text is. Fonts differ; that of the PNG is wider than most.
  package static func width(of text: String, size: Double) -> Double {
    StrokeFont.width(of: text) * size
  }

  /// A text without its end where it is wider than a limit.
  static func shortened(_ text: String, size: Double, limit: Double) -> String {
    guard width(of: text, size: size) > limit else { return text }
    var short = text
    while !short.isEmpty, width(of: short + "…", size: size) > limit { short.removeLast() }
    return short + "…"
  }
}
