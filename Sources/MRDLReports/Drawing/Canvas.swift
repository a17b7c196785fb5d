internal import MRDLCore
internal import MRDLImages

/// Pixels that elements of a drawing are laid on.
///
/// A shape covers a pixel by how far the pixel's middle lies inside its edge, from half a pixel outside for
/// nothing to half a pixel inside for all of it. Parts of a shape that overlap count once.
struct Canvas {
  private let width: Int
  private let height: Int
  private let scale: Double
  /// Red, green and blue from 0 to 255, pixel by pixel.
  private var samples: [Float]
  /// How much of each pixel the shape that is being drawn covers; 0 between shapes.
  private var coverage: [Float]

  init(width: Int, height: Int, scale: Double) {
    self.width = width
    self.height = height
    self.scale = scale
    samples = Array(repeating: 255, count: 3 * width * height)
    coverage = Array(repeating: 0, count: width * height)
  }

  var image: Image {
    let bytes = samples.map { UInt8(min(max($0.rounded(), 0), 255)) }
    return Image(samples: Tensor(bytes, shape: Shape([height, width, 3])), colorSpace: .rgb)
  }

  mutating func draw(_ element: Drawing.Element) {
    switch element {
    case .stroke(let points, let width, let paint): draw([points], width: width, paint)
    case .disc(let center, let radius, let paint): draw([[center]], width: 2 * radius, paint)
    case .rectangle(let box, let paint, let opacity): draw(box, paint, opacity)
    case .text(let text):
      draw(
        StrokeFont.strokes(of: text), width: StrokeFont.strokeWidth * text.size, text.paint)
    case .image(let image, let box): draw(image, box)
    }
  }

  // MARK: Shapes

  /// Draws all that lies within half the width of a line; a line of one point is a disc.
  private mutating func draw(_ lines: [[Drawing.Point]], width: Double, _ paint: Paint) {
    var covered = PixelBox()
    for line in lines {
      guard let first = line.first else { continue }
      if line.count == 1 { covered.formUnion(cover(first, first, width)) }
      for (from, to) in zip(line, line.dropFirst()) {
        covered.formUnion(cover(from, to, width))
      }
    }
    blend(covered, paint)
  }

  private mutating func cover(
    _ from: Drawing.Point, _ to: Drawing.Point, _ lineWidth: Double
  ) -> PixelBox {
    let (x0, y0, x1, y1) = (from.x * scale, from.y * scale, to.x * scale, to.y * scale)
    let radius = lineWidth * scale / 2
    let reach = radius + 0.5
    let box = pixels(
      min(x0, x1) - reach, min(y0, y1) - reach, max(x0, x1) + reach, max(y0, y1) + reach)
    let (dx, dy) = (x1 - x0, y1 - y0)
    let square = dx * dx + dy * dy
    for row in box.rows {
      let y = Double(row) + 0.5
      for column in box.columns {
        let x = Double(column) + 0.5
        let along = square > 0 ? min(max(((x - x0) * dx + (y - y0) * dy) / square, 0), 1) : 0
        let (ex, ey) = (x - x0 - along * dx, y - y0 - along * dy)
        let distance = (ex * ex + ey * ey).squareRoot()
        let share = Float(min(max(reach - distance, 0), min(1, 2 * radius)))
        let index = row * width + column
        if share > coverage[index] { coverage[index] = share }
      }
    }
    return box
  }

  private mutating func draw(_ rectangle: Drawing.Rectangle, _ paint: Paint, _ opacity: Double) {
    let (left, top) = (rectangle.x * scale, rectangle.y * scale)
    let (right, bottom) = (left + rectangle.width * scale, top + rectangle.height * scale)
    let box = pixels(left, top, right, bottom)
    for row in box.rows {
      let high = min(Double(row + 1), bottom) - max(Double(row), top)
      for column in box.columns {
        let wide = min(Double(column + 1), right) - max(Double(column), left)
        coverage[row * width + column] = Float(max(0, high) * max(0, wide) * opacity)
      }
    }
    blend(box, paint)
  }

  private mutating func draw(_ image: Image, _ rectangle: Drawing.Rectangle) {
    let (left, top) = (rectangle.x * scale, rectangle.y * scale)
    let (wide, high) = (rectangle.width * scale, rectangle.height * scale)
    let image = image.withEightBitSamples().converted(to: .rgb)
    let pixels: Span<UInt8> = image.samples.span()
    let box = self.pixels(left, top, left + wide, top + high)
    for row in box.rows {
      let y = Int((Double(row) + 0.5 - top) / high * Double(image.height))
      guard (0..<image.height).contains(y) else { continue }
      for column in box.columns {
        let x = Int((Double(column) + 0.5 - left) / wide * Double(image.width))
        guard (0..<image.width).contains(x) else { continue }
        for channel in 0..<3 {
          samples[3 * (row * width + column) + channel] = Float(
            pixels[3 * (y * image.width + x) + channel])
        }
      }
    }
  }

  /// The pixels of the canvas that an area touches; none for one that is not finite.
  private func pixels(_ left: Double, _ top: Double, _ right: Double, _ bottom: Double) -> PixelBox
  {
    guard left.isFinite, top.isFinite, right.isFinite, bottom.isFinite else { return PixelBox() }
    func range(_ low: Double, _ high: Double, _ count: Int) -> Range<Int> {
      let first = Int(min(max(low.rounded(.down), 0), Double(count)))
      return first..<max(first, Int(min(max(high.rounded(.up), 0), Double(count))))
    }
    return PixelBox(columns: range(left, right, width), rows: range(top, bottom, height))
  }

  /// Lays a colour on what is covered, and forgets the coverage.
  private mutating func blend(_ box: PixelBox, _ paint: Paint) {
    let color = (0..<3).map { Float(paint.rgb >> (16 - 8 * $0) & 0xff) }
    for row in box.rows {
      for column in box.columns {
        let index = row * width + column
        let share = coverage[index]
        guard share > 0 else { continue }
        coverage[index] = 0
        for channel in 0..<3 {
          samples[3 * index + channel] += share * (color[channel] - samples[3 * index + channel])
        }
      }
    }
  }
}

/// Pixels side by side and one below the other.
private struct PixelBox {
  var columns = 0..<0
  var rows = 0..<0

  mutating func formUnion(_ other: PixelBox) {
    guard !other.columns.isEmpty, !other.rows.isEmpty else { return }
    columns = columns.isEmpty ? other.columns : Self.hull(columns, other.columns)
    rows = rows.isEmpty ? other.rows : Self.hull(rows, other.rows)
  }

  private static func hull(_ a: Range<Int>, _ b: Range<Int>) -> Range<Int> {
    min(a.lowerBound, b.lowerBound)..<max(a.upperBound, b.upperBound)
  }
}
