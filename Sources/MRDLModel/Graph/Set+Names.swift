extension Set<String> {
  /// Adds a name that nothing has yet: the given one, or with a number from 2 on behind it.
  ///
  /// - Returns: the name that was added.
  package mutating func insertNew(_ wish: String, separator: String = "_") -> String {
    var name = wish
    var number = 1
    while !insert(name).inserted {
      number += 1
      name = "\(wish)\(separator)\(number)"
    }
    return name
  }
}
