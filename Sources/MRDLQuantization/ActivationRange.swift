internal import MRDLCore

/// How the range of an activation is chosen from what was seen of it.
package enum RangeChoice: String, Sendable, CaseIterable {
  /// All that was seen.
  case minMax = "min-max"
  /// The part of it with the least mean squared error of rounding and clipping together.
  case leastError = "mse"
}

/// The numbers that an activation takes, and how often, in bins of equal width.
struct ActivationRange {
  /// They always contain 0.
  private(set) var low = 0.0
  private(set) var high = 0.0
  private(set) var isFinite = true
  private var bins: [Double] = []

  private static let binCount = 2048

  mutating func widen(by tensor: Tensor) {
    let values = tensor.span(of: Float.self)
    var (smallest, largest) = (Float(low), Float(high))
    for index in values.indices {
      let value = values[index]
      if !value.isFinite { isFinite = false }
      if value < smallest { smallest = value }
      if value > largest { largest = value }
    }
    (low, high) = (Double(smallest), Double(largest))
  }

  /// Counts numbers within the range.
  mutating func count(_ tensor: Tensor) {
    guard high > low else { return }
    if bins.isEmpty { bins = [Double](repeating: 0, count: Self.binCount) }
    let factor = Double(Self.binCount) / (high - low)
    let values = tensor.span(of: Float.self)
    for index in values.indices {
      let bin = Int((Double(values[index]) - low) * factor)
      bins[min(max(bin, 0), Self.binCount - 1)] += 1
    }
  }

  /// Scale and zero point of u8 for a choice of range; nil where there was nothing finite but zeros.
  func parameters(_ choice: RangeChoice) -> (scale: Float, zero: UInt8)? {
    guard isFinite, high > low else { return nil }
    var best = Self.parameters(low, high)
    guard choice == .leastError, !bins.isEmpty else { return best }
    var least = error(best)
    for step in 1..<16 {
      let share = 1 - Double(step) * 0.05
      let candidate = Self.parameters(low * share, high * share)
      let error = error(candidate)
      if error < least { (least, best) = (error, candidate) }
    }
    return best
  }

  private static func parameters(_ low: Double, _ high: Double) -> (scale: Float, zero: UInt8) {
    let scale = max(Float((high - low) / 255), .leastNormalMagnitude)
    let zero = (-low / Double(scale)).rounded(.toNearestOrEven)
    return (scale, UInt8(max(0, min(255, zero))))
  }

  private func error(_ parameters: (scale: Float, zero: UInt8)) -> Double {
    let (scale, zero) = (Double(parameters.scale), Double(parameters.zero))
    let width = (high - low) / Double(bins.count)
    var sum = 0.0
    for (index, count) in bins.enumerated() where count > 0 {
      let value = low + (Double(index) + 0.5) * width
      let whole = min(max((value / scale).rounded() + zero, 0), 255)
      let difference = value - (whole - zero) * scale
      sum += count * difference * difference
    }
    return sum
  }
}
