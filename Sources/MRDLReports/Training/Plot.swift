internal import MRDLCore

/// A picture of curves and points over two axes, as SVG.
package struct Plot: Sendable {
  /// What is drawn, later ones over earlier ones.
  package enum Mark: Sendable {
    /// Points joined by a line.
    case line([Point])
    case points([Point])
    /// Filled cells of a grid from the lower left on, row by row; each has the number of a colour.
    case cells(columns: Int, colors: [Int], x: ClosedRange<Double>, y: ClosedRange<Double>)
  }

  package struct Point: Sendable, Hashable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// Marks with a name and the number of a colour.
  package struct Series: Sendable {
    package var name: String
    package var color: Int
    package var mark: Mark

    package init(_ name: String, color: Int, _ mark: Mark) {
      self.name = name
      self.color = color
      self.mark = mark
    }
  }

  package var title: String
  package var xTitle: String
  package var yTitle: String
  package var series: [Series]

  package init(_ title: String, x: String, y: String, _ series: [Series]) {
    self.title = title
    xTitle = x
    yTitle = y
    self.series = series
  }

  private static let width = 640.0
  private static let height = 400.0
  private static let left = 70.0
  private static let right = 620.0
  private static let top = 40.0
  private static let bottom = 350.0

  /// Colours that people tell apart whatever their sight (Okabe and Ito, 2008).
  static let palette = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a7b00", "#000000",
  ]

  /// The picture. Points that are not finite are left out.
  package var svg: String {
    let frame = Frame(self)
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400" font-family="sans-serif" \
      font-size="12" role="img" aria-label="\(title.escapedForMarkup)">
      <rect width="640" height="400" fill="#fff"/>
      <text x="345" y="22" text-anchor="middle" font-size="15">\(title.escapedForMarkup)</text>

      """
    for one in series { text += draw(one, frame) }
    text += axes(frame)
    var place = 0.0
    for one in series where !one.name.isEmpty {
      let y = Self.top + 14 + place
      text += """
        <rect x="\(Self.right - 130)" y="\(y - 9)" width="10" height="10" \
        fill="\(Self.color(one.color))"/>
        <text x="\(Self.right - 115)" y="\(y)">\(one.name.escapedForMarkup)</text>

        """
      place += 16
    }
    return text + "</svg>\n"
  }

  private static func color(_ number: Int) -> String { palette[number % palette.count] }

  private func draw(_ series: Series, _ frame: Frame) -> String {
    let color = Self.color(series.color)
    switch series.mark {
    case .line(let points):
      let places = points.filter { $0.x.isFinite && $0.y.isFinite }.map {
        "\(Self.text(frame.x($0.x))),\(Self.text(frame.y($0.y)))"
      }
      return "<polyline fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.5\" points=\""
        + places.joined(separator: " ") + "\"/>\n"
    case .points(let points):
      return points.filter { $0.x.isFinite && $0.y.isFinite }.map {
        "<circle cx=\"\(Self.text(frame.x($0.x)))\" cy=\"\(Self.text(frame.y($0.y)))\" r=\"2.5\" "
          + "fill=\"\(color)\" stroke=\"#fff\" stroke-width=\"0.5\"/>\n"
      }.joined()
    case .cells(let columns, let colors, let x, let y):
      let rows = colors.count / max(columns, 1)
      let cellWidth = (x.upperBound - x.lowerBound) / Double(max(columns, 1))
      let cellHeight = (y.upperBound - y.lowerBound) / Double(max(rows, 1))
      var text = "<g opacity=\"0.3\" shape-rendering=\"crispEdges\">\n"
      for row in 0..<rows {
        var start = 0
        while start < columns {
          // Neighbours of one colour are one rectangle.
          var end = start + 1
          while end < columns, colors[row * columns + end] == colors[row * columns + start] {
            end += 1
          }
          let from = frame.x(x.lowerBound + Double(start) * cellWidth)
          let to = frame.x(x.lowerBound + Double(end) * cellWidth)
          let low = frame.y(y.lowerBound + Double(row) * cellHeight)
          let high = frame.y(y.lowerBound + Double(row + 1) * cellHeight)
          text +=
            "<rect x=\"\(Self.text(from))\" y=\"\(Self.text(high))\" "
            + "width=\"\(Self.text(to - from))\" height=\"\(Self.text(low - high))\" "
            + "fill=\"\(Self.color(colors[row * columns + start]))\"/>\n"
          start = end
        }
      }
      return text + "</g>\n"
    }
  }

  private func axes(_ frame: Frame) -> String {
    var text =
      "<path d=\"M\(Self.left) \(Self.top)V\(Self.bottom)H\(Self.right)\" fill=\"none\" stroke=\"#444\"/>\n"
    for tick in frame.xTicks {
      let x = Self.text(frame.x(tick))
      text +=
        "<path d=\"M\(x) \(Self.bottom)v5\" stroke=\"#444\"/><text x=\"\(x)\" "
        + "y=\"\(Self.bottom + 18)\" text-anchor=\"middle\">\(Self.label(tick))</text>\n"
    }
    for tick in frame.yTicks {
      let y = Self.text(frame.y(tick))
      text +=
        "<path d=\"M\(Self.left) \(y)h-5\" stroke=\"#444\"/><text x=\"\(Self.left - 8)\" y=\"\(y)\" "
        + "text-anchor=\"end\" dominant-baseline=\"middle\">\(Self.label(tick))</text>\n"
    }
    return text + """
      <text x="345" y="388" text-anchor="middle">\(xTitle.escapedForMarkup)</text>
      <text transform="translate(16 195) rotate(-90)" text-anchor="middle">\
      \(yTitle.escapedForMarkup)</text>

      """
  }

  static func text(_ number: Double) -> String { Quantity.fixed(number, digits: 1) }

  private static func label(_ number: Double) -> String {
    Int64(exactly: number).map(String.init) ?? Quantity.significant(number, digits: 4)
  }

  /// Where numbers lie on the picture.
  private struct Frame {
    let xRange: ClosedRange<Double>
    let yRange: ClosedRange<Double>

    init(_ plot: Plot) {
      var xs: [Double] = []
      var ys: [Double] = []
      for series in plot.series {
        switch series.mark {
        case .line(let points), .points(let points):
          for point in points where point.x.isFinite && point.y.isFinite {
            xs.append(point.x)
            ys.append(point.y)
          }
        case .cells(_, _, let x, let y):
          xs += [x.lowerBound, x.upperBound]
          ys += [y.lowerBound, y.upperBound]
        }
      }
      xRange = Self.range(xs)
      yRange = Self.range(ys)
    }

    private static func range(_ values: [Double]) -> ClosedRange<Double> {
      guard let low = values.min(), let high = values.max() else { return 0...1 }
      return low < high ? low...high : low - 0.5...high + 0.5
    }

    func x(_ value: Double) -> Double {
      Plot.left
        + (value - xRange.lowerBound) / (xRange.upperBound - xRange.lowerBound)
        * (Plot.right - Plot.left)
    }

    func y(_ value: Double) -> Double {
      Plot.bottom
        - (value - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound)
        * (Plot.bottom - Plot.top)
    }

    var xTicks: [Double] { Self.ticks(xRange) }
    var yTicks: [Double] { Self.ticks(yRange) }

    /// Some round numbers inside a range: multiples of 1, 2 or 5 times a power of ten.
    private static func ticks(_ range: ClosedRange<Double>) -> [Double] {
      let span = range.upperBound - range.lowerBound
      var step = 1.0
      while step > span / 4 { step /= 10 }
      while step * 10 < span / 4 { step *= 10 }
      step *= step * 5 <= span / 4 ? 5 : step * 2 <= span / 4 ? 2 : 1
      let first = (range.lowerBound / step).rounded(.up)
      return (0..<12).map { (first + Double($0)) * step }.filter { $0 <= range.upperBound }
    }
  }
}

extension String {
  /// The text with what means something in XML and HTML escaped, and invisible characters shown.
  package var escapedForMarkup: String {
    escapedForDisplay.reduce(into: "") { text, character in
      switch character {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      default: text.append(character)
      }
    }
  }
}
