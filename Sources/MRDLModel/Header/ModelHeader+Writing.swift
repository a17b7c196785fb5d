public import MRDLCore

extension ModelHeader {
  /// The header as UTF-8 text for a file, after everything that a reader would refuse has been refused
  /// here: names that do not fit, numbers that JSON cannot hold, sizes past the limits.
  ///
  /// - Throws: what reading the text would throw or report as an error.
  public func textForWriting(limits: Limits = .standard) throws(MRDLError) -> [UInt8] {
    let value = encoded()
    if let path = value.pathOfUnrepresentableNumber {
      throw MRDLError(
        .badValue, "the header holds a number that is infinite or not a number", at: Place(path))
    }
    let text = Array(value.text(.compact).utf8)
    let diagnostics = Diagnostics()
    let reread = try text.withRawBytes { (bytes) throws(MRDLError) in
      try ModelHeader(decoding: bytes, limits: limits, diagnostics: diagnostics)
    }
    reread.check(diagnostics: diagnostics)
    try diagnostics.throwFirstError()
    return text
  }

  /// Reports everything that is wrong with names: see `Model.check`.
  public func check(diagnostics: Diagnostics) {
    model.check(tensors: tensors, diagnostics: diagnostics)
  }
}

extension JSONValue {
  /// The JSON pointer of the first infinity or NaN, or nil where there is none.
  fileprivate var pathOfUnrepresentableNumber: String? {
    switch self {
    case .number(let number): return number.isFinite ? nil : ""
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        if let path = element.pathOfUnrepresentableNumber { return "/\(index)\(path)" }
      }
      return nil
    case .object(let members):
      for member in members {
        if let path = member.value.pathOfUnrepresentableNumber {
          return "/\(JSONCursor.pointerPart(member.key))\(path)"
        }
      }
      return nil
    case .null, .bool, .integer, .string: return nil
    }
  }
}
