/// How the elements along one axis are made of those of the same axis at another resolution: a
/// window of weights for each.
package struct ResamplingTable: Sendable {
  /// Where the middle of a new element lies among the old ones, as in ONNX Resize.
  package enum Coordinates: String, Sendable, CaseIterable {
    case halfPixel = "half_pixel"
    case halfPixelSymmetric = "half_pixel_symmetric"
    case pytorchHalfPixel = "pytorch_half_pixel"
    case alignCorners = "align_corners"
    case asymmetric
    /// Of operator sets before 13, meant for the nearest element.
    case tensorFlowHalfPixel = "tf_half_pixel_for_nn"

    /// The coordinate among the old elements of a new element.
    package func source(of index: Int, from extent: Int, to newExtent: Int, scale: Double) -> Double
    {
      let centered = (Double(index) + 0.5) / scale - 0.5
      switch self {
      case .halfPixel: return centered
      case .halfPixelSymmetric:
        let length = Self.length(from: extent, to: newExtent, scale: scale)
        return Double(extent) / 2 * (1 - Double(newExtent) / length) + centered
      case .pytorchHalfPixel: return newExtent > 1 ? centered : 0
      case .alignCorners:
        let length = Self.length(from: extent, to: newExtent, scale: scale)
        return newExtent > 1 ? Double(index) * Double(extent - 1) / (length - 1) : 0
      case .asymmetric: return Double(index) / scale
      case .tensorFlowHalfPixel: return (Double(index) + 0.5) / scale
      }
    }

    /// The length that the scale asks for, of which `newExtent` is the whole part. ONNX's own test
    /// vectors of Resize divide by it. Scales come in float32: a length that a rounding of theirs
    /// parts from `newExtent` is `newExtent`, so that the last corner meets the last element.
    private static func length(from extent: Int, to newExtent: Int, scale: Double) -> Double {
      let length = scale * Double(extent)
      let whole = Double(newExtent)
      return abs(length - whole) <= whole * Double(Float.ulpOfOne) ? whole : length
    }
  }

  /// The weights of the old elements near a coordinate.
  package enum Filter: Sendable {
    /// The triangle: straight lines between neighbours.
    case linear
    /// Keys' cubic with the given slope parameter, -0.75 or -0.5 usually.
    case cubic(a: Double)

    /// How far from a coordinate the weights reach.
    var radius: Int {
      switch self {
      case .linear: 1
      case .cubic: 2
      }
    }

    /// The weight of an element at a distance from the coordinate.
    package func weight(_ distance: Double) -> Double {
      let x = abs(distance)
      switch self {
      case .linear: return max(0, 1 - x)
      case .cubic(let a):
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        return 0
      }
    }
  }

  package let extent: Int
  package let newExtent: Int
  /// The number of weights of each new element.
  let taps: Int
  /// The old element that the first weight belongs to, for each new element.
  let starts: [Int]
  let weights: [Double]

  /// The table for an axis.
  ///
  /// - Parameters:
  ///   - extent: the number of old elements, at least 1.
  ///   - newExtent: the number of new ones.
  ///   - scale: new elements for each old one.
  ///   - isAntialiased: whether shrinking stretches the filter, so that every old element counts.
  ///   - excludesOutside: whether elements outside the array weigh nothing; if not, they repeat the
  ///     first or last one.
  package init(
    from extent: Int, to newExtent: Int, scale: Double, coordinates: Coordinates, filter: Filter,
    isAntialiased: Bool, excludesOutside: Bool
  ) {
    let stretch = isAntialiased ? min(scale, 1) : 1
    // No element further away than this has a weight. A new extent of at least 1 means a scale of
    // at least half of 1 / extent, within rounding; the bound keeps any other one harmless.
    let reach = Int(min((Double(filter.radius) / stretch).rounded(.up), 4 * Double(extent) + 4))
    var windows: [(start: Int, weights: [Double])] = []
    for index in 0..<newExtent {
      let source = coordinates.source(of: index, from: extent, to: newExtent, scale: scale)
      // Coordinates far outside see nothing but the border.
      let center = min(max(source, -Double(extent) - 4), 2 * Double(extent) + 4)
      let base = Int(center.rounded(.up)) - 1
      let clamp = { min(max($0, 0), extent - 1) }
      let first = clamp(base - reach + 1)
      var row = [Double](repeating: 0, count: clamp(base + reach) - first + 1)
      var total = 0.0
      for position in (base - reach + 1)...(base + reach) {
        if excludesOutside && clamp(position) != position { continue }
        let weight = filter.weight((Double(position) - center) * stretch)
        row[clamp(position) - first] += weight
        total += weight
      }
      if (isAntialiased || excludesOutside) && total != 0 {
        for index in row.indices { row[index] /= total }
      }
      let lead = row.firstIndex { $0 != 0 } ?? 0
      let last = row.lastIndex { $0 != 0 } ?? 0
      windows.append((first + lead, Array(row[lead...last])))
    }
    self.init(windows, from: extent)
  }

  /// A table of windows, each of which lies inside the old elements.
  private init(_ windows: [(start: Int, weights: [Double])], from extent: Int) {
    let taps = windows.map(\.weights.count).max() ?? 1
    var starts: [Int] = []
    var weights: [Double] = []
    for window in windows {
      let start = min(window.start, extent - taps)
      starts.append(start)
      let lead = window.start - start
      weights += [Double](repeating: 0, count: lead) + window.weights
      weights += [Double](repeating: 0, count: taps - lead - window.weights.count)
    }
    self.extent = extent
    newExtent = windows.count
    self.taps = taps
    self.starts = starts
    self.weights = weights
  }

  /// The table that makes old elements of new ones with the same weights, as the transposed matrix does.
  ///
  /// - Precondition: there are new elements.
  package var transposed: ResamplingTable {
    precondition(newExtent > 0, "no elements to make others of")
    var windows = [(start: Int, end: Int)](repeating: (newExtent, 0), count: extent)
    for index in 0..<newExtent {
      for tap in 0..<taps where weights[index * taps + tap] != 0 {
        let old = starts[index] + tap
        windows[old] = (min(windows[old].start, index), index + 1)
      }
    }
    return ResamplingTable(
      windows.enumerated().map { old, window in
        guard window.start < window.end else { return (0, [0]) }
        return (
          window.start,
          (window.start..<window.end).map { index in
            let tap = old - starts[index]
            return (0..<taps).contains(tap) ? weights[index * taps + tap] : 0
          }
        )
      }, from: newExtent)
  }
}

// MARK: The nearest element

extension ResamplingTable {
  /// Which neighbour is the nearest.
  package enum Rounding: String, Sendable, CaseIterable {
    case roundPreferFloor = "round_prefer_floor"
    case roundPreferCeil = "round_prefer_ceil"
    case floor
    case ceil
  }

  /// For each new element the old one that is nearest.
  package static func nearest(
    from extent: Int, to newExtent: Int, scale: Double, coordinates: Coordinates,
    rounding: Rounding
  ) -> [Int] {
    (0..<newExtent).map { index in
      let source = coordinates.source(of: index, from: extent, to: newExtent, scale: scale)
      let rounded =
        switch rounding {
        case .roundPreferFloor: (source - 0.5).rounded(.up)
        case .roundPreferCeil: (source + 0.5).rounded(.down)
        case .floor: source.rounded(.down)
        case .ceil: source.rounded(.up)
        }
      return Int(min(max(rounded, 0), Double(extent - 1)))
    }
  }
}
