package import ArgumentParser
internal import MRDLCore

extension CommandConfiguration {
  /// The configuration of one of the commands, with the version of the package.
  package static func command(
    _ name: String, abstract: String, discussion: String
  ) -> CommandConfiguration {
    var configuration = CommandConfiguration(
      commandName: name, abstract: abstract, discussion: discussion,
      version: "\(name) \(Release.version)")
    // Before anything else the parser looks for a request of a completion script, which takes a fifth
    // of a short command. It does not in a command that has another above it, whose name only help
    // and scripts show.
    let asksForScriptOrHelp = CommandLine.arguments.dropFirst().contains { argument in
      argument.hasPrefix("-") && ["completion", "help"].contains { argument.contains($0) }
        || ["-h", "help"].contains(argument)
    }
    configuration._superCommandName = asksForScriptOrHelp ? nil : ""
    return configuration
  }
}
