/// Numbers as people read them.
package enum Quantity {
  /// A number with so many digits after the point, such as `0.970`; `nan` and `inf` as they are. Very
  /// large numbers, whose digits after the point mean nothing, are written with an exponent.
  package static func fixed(_ value: Double, digits: Int) -> String {
    precondition((0...9).contains(digits), "\(digits) digits after the point")
    guard value.isFinite else { return value.description }
    var factor: Int64 = 1
    for _ in 0..<digits { factor *= 10 }
    let scaled = (abs(value) * Double(factor)).rounded(.toNearestOrAwayFromZero)
    guard scaled < 9e15 else { return value.description }
    let units = Int64(scaled)
    let sign = value < 0 && units > 0 ? "-" : ""
    guard digits > 0 else { return sign + String(units) }
    let fraction = String(units % factor)
    return sign + String(units / factor) + "."
      + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// A number with so many significant digits, such as `0.0123` or `1.5e-09`.
  package static func significant(_ value: Double, digits: Int = 3) -> String {
    precondition((1...9).contains(digits), "\(digits) significant digits")
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : value.description }
    var exponent = 0
    var mantissa = abs(value)
    while mantissa >= 10 {
      mantissa /= 10
      exponent += 1
    }
    while mantissa < 1 {
      mantissa *= 10
      exponent -= 1
    }
    if (-4...6).contains(exponent) {
      return fixed(value, digits: min(9, max(0, digits - 1 - exponent)))
    }
    let shown = fixed(value < 0 ? -mantissa : mantissa, digits: digits - 1)
    let sign = exponent < 0 ? "-" : "+"
    return shown + "e" + sign + (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
  }

  /// A whole number with its digits in groups of three: `61,706`.
  package static func grouped(_ value: Int) -> String {
    var groups: [String] = []
    var rest = value.magnitude
    while rest >= 1000 {
      let digits = String(rest % 1000)
      groups.insert(String(repeating: "0", count: 3 - digits.count) + digits, at: 0)
      rest /= 1000
    }
    groups.insert(String(rest), at: 0)
    return (value < 0 ? "-" : "") + groups.joined(separator: ",")
  }

  /// The plurals that are not the singular with an s.
  private static let plurals = [
    "axis": "axes", "class": "classes", "entry": "entries", "series": "series",
  ]

  /// A counted noun: `1 node`, `61,706 nodes`, `0 axes`.
  ///
  /// - Parameter noun: in the singular.
  package static func count(_ value: Int, _ noun: String) -> String {
    grouped(value) + " " + (value == 1 ? noun : plurals[noun] ?? noun + "s")
  }

  /// A count in thousands, millions and so on: `416 k`, `1.23 M`.
  package static func short(_ value: Int) -> String {
    scaled(Double(value), step: 1000, units: ["", "k", "M", "G", "T", "P", "E"], whole: value)
  }

  /// A number of bytes in binary units: `241 KiB`.
  package static func bytes(_ value: Int) -> String {
    scaled(
      Double(value), step: 1024, units: ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"],
      whole: value)
  }

  /// A time span: `850 µs`, `12.3 s`, `4 min 05 s`.
  package static func duration(seconds: Double) -> String {
    switch seconds {
    case ..<1e-3: return "\(threeDigits(seconds * 1e6)) µs"
    case ..<1: return "\(threeDigits(seconds * 1e3)) ms"
    case ..<60: return "\(threeDigits(seconds)) s"
    case ..<8.64e6:
      let whole = Int(seconds.rounded())
      if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
      return "\(whole / 3600) h \(twoDigits(whole / 60 % 60)) min"
    default: return seconds.isFinite ? "\(fixed(seconds / 86_400, digits: 0)) days" : "forever"
    }
  }

  private static func scaled(
    _ value: Double, step: Double, units: [String], whole: Int
  ) -> String {
    var value = value
    var unit = 0
    while abs(value) >= step - 0.5, unit + 1 < units.count {
      value /= step
      unit += 1
    }
    if unit == 0 { return units[0].isEmpty ? String(whole) : "\(whole) \(units[0])" }
    return "\(threeDigits(value)) \(units[unit])"
  }

  /// About three digits, never an exponent.
  private static func threeDigits(_ value: Double) -> String {
    fixed(value, digits: abs(value) < 9.995 ? 2 : abs(value) < 99.95 ? 1 : 0)
  }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
