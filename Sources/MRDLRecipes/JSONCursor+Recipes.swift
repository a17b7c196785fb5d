internal import MRDLCore

extension JSONCursor {
  /// Refuses a key that is not among the given ones: in a recipe it is a mistake.
  func refuseUnknownKeys(except known: Set<String>) throws(MRDLError) {
    for (key, cursor) in try members() where !known.contains(key) {
      throw MRDLError(
        .unknownKey, "a key of a recipe is not known", found: "\"\(key)\"",
        expected: known.sorted().joined(separator: ", "), at: cursor.place)
    }
  }

  /// A number above zero.
  func positive() throws(MRDLError) -> Double {
    let number = try number()
    guard number > 0 else {
      throw MRDLError(.badRecipe, "a number is not positive", found: "\(number)", at: place)
    }
    return number
  }

  /// A number that is not negative.
  func notNegative() throws(MRDLError) -> Double {
    let number = try number()
    guard number >= 0 else {
      throw MRDLError(.badRecipe, "a number is negative", found: "\(number)", at: place)
    }
    return number
  }

  /// A number from 0 up to, but not including, 1.
  func share() throws(MRDLError) -> Double {
    let number = try number()
    guard (0..<1).contains(number) else {
      throw MRDLError(
        .badRecipe, "a number is out of range", found: "\(number)",
        expected: "at least 0 and below 1", at: place)
    }
    return number
  }

  /// A whole number from 1 on.
  func count(upTo limit: Int = 1_000_000) throws(MRDLError) -> Int {
    try integer(in: 1...limit)
  }

  func positive(_ key: String, default value: Double) throws(MRDLError) -> Double {
    try optional(key)?.positive() ?? value
  }

  func notNegative(_ key: String, default value: Double = 0) throws(MRDLError) -> Double {
    try optional(key)?.notNegative() ?? value
  }

  func share(_ key: String, default value: Double) throws(MRDLError) -> Double {
    try optional(key)?.share() ?? value
  }

  func bool(_ key: String, default value: Bool) throws(MRDLError) -> Bool {
    try optional(key)?.bool() ?? value
  }

  /// An error about a word that is not one of those known.
  func unknown(_ what: String, expected: String) throws(MRDLError) -> MRDLError {
    MRDLError(
      .badRecipe, "a kind of \(what) is not known", found: "\"\(try string())\"",
      expected: expected, at: place)
  }
}
