import ArgumentParser

/// `NAME=FILE.npy`; the last `=` splits, because names of values may hold one.
struct NamedFile: ExpressibleByArgument {
  let name: String
  let path: String

  init?(argument: String) {
    guard let split = argument.lastIndex(of: "="), split != argument.startIndex,
      argument.index(after: split) != argument.endIndex
    else { return nil }
    name = String(argument[..<split])
    path = String(argument[argument.index(after: split)...])
  }
}
