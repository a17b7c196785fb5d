extension JSONValue {
  /// The layout of JSON text.
  public enum Layout: Sendable, Hashable {
    /// No white space at all.
    case compact
    /// Two spaces a level; arrays of scalars on one line.
    case indented
  }

  /// The value as JSON text; the same value always gives the same text.
  ///
  /// Numbers have the fewest digits that read back to the same value, and always a fraction or an
  /// exponent, so that `number` and `integer` survive a round trip.
  ///
  /// - Precondition: no number is infinite or NaN, which JSON cannot hold.
  public func text(_ layout: Layout = .compact) -> String {
    var output = ""
    write(to: &output, layout, level: 0)
    if layout == .indented { output += "\n" }
    return output
  }

  private func write(to output: inout String, _ layout: Layout, level: Int) {
    switch self {
    case .null: output += "null"
    case .bool(let value): output += value ? "true" : "false"
    case .integer(let value): output += String(value)
    case .number(let value):
      precondition(value.isFinite, "JSON cannot hold \(value)")
      output += value.description
    case .string(let value): Self.write(value, to: &output)
    case .array(let elements):
      let flat = elements.allSatisfy(\.isScalar)
      Self.writeList(
        elements, "[", "]", to: &output, flat && layout == .indented ? nil : layout, level: level
      ) { element, output in
        element.write(to: &output, layout, level: level + 1)
      }
    case .object(let members):
      Self.writeList(members, "{", "}", to: &output, layout, level: level) { member, output in
        Self.write(member.key, to: &output)
        output += layout == .compact ? ":" : ": "
        member.value.write(to: &output, layout, level: level + 1)
      }
    }
  }

  private var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  /// - Parameter layout: nil for one line with a space after each comma.
  private static func writeList<Element>(
    _ elements: [Element], _ opening: String, _ closing: String, to output: inout String,
    _ layout: Layout?, level: Int, _ body: (Element, inout String) -> Void
  ) {
    output += opening
    let newLine = "\n" + String(repeating: "  ", count: level + 1)
    for (index, element) in elements.enumerated() {
      if index > 0 { output += layout == nil ? ", " : "," }
      if layout == .indented { output += newLine }
      body(element, &output)
    }
    if layout == .indented && !elements.isEmpty {
      output += "\n" + String(repeating: "  ", count: level)
    }
    output += closing
  }

  private static func write(_ string: String, to output: inout String) {
    output += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case "\u{0}"..<"\u{20}", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}
