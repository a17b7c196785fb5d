internal import MRDLCore

/// Where the numbers of a plot lie on the picture.
struct PlotFrame {
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double
  private let xRange: ClosedRange<Double>
  private let yRange: ClosedRange<Double>
  /// Whether all numbers on the x axis are whole, such as epochs.
  private let isWhole: Bool

  /// - Parameter top: where the plot may begin.
  init(_ plot: Plot, width: Double, height: Double, top: Double) {
    var xs: [Double] = []
    var ys: [Double] = []
    var isFilled = false
    for series in plot.series {
      switch series.mark {
      case .line(let points), .points(let points):
        for point in points where point.isFinite {
          xs.append(point.x)
          ys.append(point.y)
        }
      case .cells(_, _, let x, let y):
        isFilled = true
        xs += [x.lowerBound, x.upperBound]
        ys += [y.lowerBound, y.upperBound]
      }
    }
    isWhole = xs.allSatisfy { $0 == $0.rounded() }
    // The outermost points do not lie on the edge; a plane that is filled ends there.
    xRange = Self.range(xs, margin: isFilled ? 0 : 0.02)
    yRange = Self.range(ys, margin: isFilled ? 0 : 0.05)
    let labels = Self.ticks(yRange).map { Drawing.width(of: Self.label($0), size: 12) }
    // Some fonts are wider than ours.
    left = 36 + 1.2 * (labels.max() ?? 0)
    right = width - 16
    self.top = top
    bottom = height - 44
  }

  private static func range(_ values: [Double], margin: Double) -> ClosedRange<Double> {
    guard let low = values.min(), let high = values.max() else { return 0...1 }
    let span = high - low
    // Numbers so far from each other that their distance is not finite.
    guard span.isFinite else { return low / 2...high / 2 }
    // Numbers so near to each other that all ticks would be one.
    guard span > 1e-12 * max(abs(low), abs(high)) else {
      let half = max(abs(low) * 0.5, 0.5)
      return low - half...low + half
    }
    return low - margin * span...high + margin * span
  }

  func x(_ value: Double) -> Double { left + Self.share(value, of: xRange) * (right - left) }

  func y(_ value: Double) -> Double { bottom - Self.share(value, of: yRange) * (bottom - top) }

  /// How far a number lies on the way through a range. Divided first, because the distance from the beginning
  /// need not be finite.
  private static func share(_ value: Double, of range: ClosedRange<Double>) -> Double {
    let span = range.upperBound - range.lowerBound
    return value / span - range.lowerBound / span
  }

  func place(_ point: Drawing.Point) -> Drawing.Point { Drawing.Point(x(point.x), y(point.y)) }

  var xTicks: [Double] { Self.ticks(xRange).filter { !isWhole || $0 == $0.rounded() } }
  var yTicks: [Double] { Self.ticks(yRange) }

  /// Some round numbers inside a range: multiples of 1, 2 or 5 times a power of ten.
  private static func ticks(_ range: ClosedRange<Double>) -> [Double] {
    let span = range.upperBound - range.lowerBound
    guard span.isFinite, span > 0 else { return [] }
    var step = 1.0
    while step > span / 4 { step /= 10 }
    while step * 10 < span / 4 { step *= 10 }
    step *= step * 5 <= span / 4 ? 5 : step * 2 <= span / 4 ? 2 : 1
    let first = (range.lowerBound / step).rounded(.up)
    return (0..<12).map { (first + Double($0)) * step }.filter { $0 <= range.upperBound }
  }

  /// A number as it stands at a tick.
  static func label(_ number: Double) -> String {
    if let whole = Int64(exactly: number), whole.magnitude < 1_000_000 { return String(whole) }
    let text = Quantity.significant(number, digits: 4)
    // Zeros behind the last digit that counts only take room.
    guard text.contains("."), !text.contains("e") else { return text }
    var end = text.endIndex
    while end > text.startIndex, text[text.index(before: end)] == "0" {
      end = text.index(before: end)
    }
    if text[..<end].hasSuffix(".") { end = text.index(before: end) }
    return String(text[..<end])
  }
}
