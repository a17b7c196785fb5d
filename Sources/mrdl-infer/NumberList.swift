import ArgumentParser

/// Numbers separated by commas, one a channel or one for all.
struct NumberList: ExpressibleByArgument {
  let numbers: [Double]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let parsed = parts.compactMap { Double($0) }.filter(\.isFinite)
    guard parsed.count == parts.count else { return nil }
    numbers = parsed
  }
}
