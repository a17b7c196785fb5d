import ArgumentParser

/// `NAME=FILE`; the last `=` splits, because names of values may hold one. `NAME=` gives nothing: a sequence
/// without elements, or an optional value that is not there.
struct NamedFile: ExpressibleByArgument {
  let name: String
  /// Empty for nothing.
  let path: String

  init?(argument: String) {
    guard let split = argument.lastIndex(of: "="), split != argument.startIndex
    else { return nil }
    name = String(argument[..<split])
    path = String(argument[argument.index(after: split)...])
  }
}
