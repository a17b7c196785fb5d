package import ArgumentParser
internal import CMRDLSystem

/// The option that limits the threads.
package struct ThreadOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Threads that take part; as many as the process may use where none are given.",
      valueName: "n"))
  package var threads: Int?

  package init() {}

  /// How many threads take part.
  package var count: Int { threads ?? Int(mrdl_pool_size()) }

  package mutating func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads takes a number from 1 to 1024, found \(threads)")
    }
  }
}
