internal import ArgumentParser

/// Numbers separated by commas, one a channel or one for all.
package struct NumberList: ExpressibleByArgument {
  package let numbers: [Double]

  package init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let parsed = parts.compactMap { Double($0) }.filter(\.isFinite)
    guard parsed.count == parts.count else { return nil }
    numbers = parsed
  }
}
