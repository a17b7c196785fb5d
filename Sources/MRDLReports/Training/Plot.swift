internal import MRDLCore

/// Curves and points over two axes.
package struct Plot: Sendable {
  package typealias Point = Drawing.Point

  /// What is drawn, later ones over earlier ones.
  package enum Mark: Sendable {
    /// Points joined by a line.
    case line([Point])
    case points([Point])
    /// Filled cells of a grid from the lower left on, row by row; each has the number of a colour.
    case cells(columns: Int, colors: [Int], x: ClosedRange<Double>, y: ClosedRange<Double>)
  }

  /// Marks with a name.
  package struct Series: Sendable {
    package var name: String
    package var paint: Paint
    package var mark: Mark

    package init(_ name: String, _ paint: Paint, _ mark: Mark) {
      self.name = name
      self.paint = paint
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

  private static let width = 480.0
  private static let height = 320.0
  private static let fontSize = 12.0

  /// The picture. Points that are not finite are left out.
  package var drawing: Drawing {
    var drawing = Drawing(title, summary: summary, width: Self.width, height: Self.height)
    drawing.addTitle()
    let top = addLegend(to: &drawing)
    let frame = PlotFrame(self, width: Self.width, height: Self.height, top: top)
    addGrid(frame, to: &drawing)
    for one in series { add(one, frame, to: &drawing) }
    addAxes(frame, to: &drawing)
    return drawing
  }

  // MARK: Words

  /// What is drawn, in words.
  private var summary: String {
    let parts = series.compactMap { words(for: $0) }
    return parts.isEmpty ? "Nothing to be seen." : parts.joined(separator: "; ") + "."
  }

  private func words(for series: Series) -> String? {
    let name = series.name.isEmpty ? "" : series.name + ": "
    switch series.mark {
    case .line(let points):
      let shown = points.filter(\.isFinite)
      guard let first = shown.first, let last = shown.last, !name.isEmpty else { return nil }
      let from = Quantity.significant(first.y, digits: 4)
      let to = Quantity.significant(last.y, digits: 4)
      return "\(name)\(from) at \(xTitle) \(PlotFrame.label(first.x)) to \(to) at "
        + PlotFrame.label(last.x)
    case .points(let points): return "\(name)\(Quantity.count(points.count, "point"))"
    case .cells(_, let colors, _, _): return Quantity.count(Set(colors).count, "area")
    }
  }

  // MARK: Parts

  /// Names and colours in rows below the title.
  ///
  /// - Returns: where the plot may begin.
  private func addLegend(to drawing: inout Drawing) -> Double {
    let named = series.filter { !$0.name.isEmpty }
    guard !named.isEmpty else { return 36 }
    let limit = Self.width / 2 - 40
    let widths = named.map { min(Drawing.width(of: $0.name, size: 11), limit) * 1.15 + 32 }
    var rows: [Range<Int>] = []
    var start = 0
    while start < named.count {
      var end = start
      var used = 0.0
      while end < named.count, end == start || used + widths[end] <= Self.width - 20 {
        used += widths[end]
        end += 1
      }
      rows.append(start..<end)
      start = end
    }
    var y = 40.0
    for row in rows {
      var x = (Self.width - widths[row].reduce(0, +)) / 2
      for index in row {
        let middle = y - Drawing.Text.rise(ofSize: 11)
        switch named[index].mark {
        case .line:
          drawing.add(
            .stroke([Point(x, middle), Point(x + 14, middle)], width: 2.5, named[index].paint))
        case .points, .cells:
          drawing.add(.disc(Point(x + 9, middle), radius: 4, named[index].paint))
        }
        drawing.add(text: named[index].name, at: Point(x + 18, y), size: 11, limit: limit)
        x += widths[index]
      }
      y += 16
    }
    return y
  }

  private func addGrid(_ frame: PlotFrame, to drawing: inout Drawing) {
    for tick in frame.xTicks {
      let x = frame.x(tick)
      drawing.add(.stroke([Point(x, frame.top), Point(x, frame.bottom)], width: 1, .grid))
    }
    for tick in frame.yTicks {
      let y = frame.y(tick)
      drawing.add(.stroke([Point(frame.left, y), Point(frame.right, y)], width: 1, .grid))
    }
  }

  private func add(_ series: Series, _ frame: PlotFrame, to drawing: inout Drawing) {
    switch series.mark {
    case .line(let points):
      let places = points.filter(\.isFinite).map { frame.place($0) }
      if places.count == 1 {
        drawing.add(.disc(places[0], radius: 2.5, series.paint))
      } else if places.count > 1 {
        drawing.add(.stroke(places, width: 2, series.paint))
      }
    case .points(let points):
      for point in points where point.isFinite {
        drawing.add(.disc(frame.place(point), radius: 3, .paper))
        drawing.add(.disc(frame.place(point), radius: 2.4, series.paint))
      }
    case .cells(let columns, let colors, let x, let y):
      guard columns > 0 else { return }
      let rows = colors.count / columns
      let cellWidth = (x.upperBound - x.lowerBound) / Double(columns)
      let cellHeight = (y.upperBound - y.lowerBound) / Double(max(rows, 1))
      for row in 0..<rows {
        var start = 0
        while start < columns {
          // Neighbours of one colour are one rectangle.
          let color = colors[row * columns + start]
          var end = start + 1
          while end < columns, colors[row * columns + end] == color { end += 1 }
          let left = x.lowerBound + Double(start) * cellWidth
          let right = x.lowerBound + Double(end) * cellWidth
          let low = y.lowerBound + Double(row) * cellHeight
          let upper = frame.place(Point(left, low + cellHeight))
          let lower = frame.place(Point(right, low))
          let box = Drawing.Rectangle(
            upper.x, upper.y, width: lower.x - upper.x, height: lower.y - upper.y)
          drawing.add(.rectangle(box, .palette(color), opacity: 0.3))
          start = end
        }
      }
    }
  }

  private func addAxes(_ frame: PlotFrame, to drawing: inout Drawing) {
    let corner = Point(frame.left, frame.bottom)
    drawing.add(
      .stroke(
        [Point(frame.left, frame.top), corner, Point(frame.right, frame.bottom)], width: 1, .axis))
    for tick in frame.xTicks {
      drawing.add(
        text: PlotFrame.label(tick), at: Point(frame.x(tick), frame.bottom + 16),
        size: Self.fontSize, anchor: .middle)
    }
    let rise = Drawing.Text.rise(ofSize: Self.fontSize)
    for tick in frame.yTicks {
      drawing.add(
        text: PlotFrame.label(tick), at: Point(frame.left - 6, frame.y(tick) + rise),
        size: Self.fontSize, anchor: .end)
    }
    drawing.add(
      text: xTitle, at: Point((frame.left + frame.right) / 2, Self.height - 8),
      size: Self.fontSize, anchor: .middle, limit: frame.right - frame.left)
    drawing.add(
      text: yTitle, at: Point(16, (frame.top + frame.bottom) / 2), size: Self.fontSize,
      anchor: .middle, turn: -90, limit: frame.bottom - frame.top)
  }
}
