package import ArgumentParser
internal import CMRDLKernels
internal import CMRDLSystem
package import MRDLCore

/// One of the commands: reads its arguments, does its work, and ends with the exit code that its
/// manual states.
///
/// Results go to standard output and messages to standard error. Whatever goes wrong becomes one line
/// `mrdl-infer: error: …`.
package protocol Command: ParsableCommand {
  /// Does what the arguments ask for.
  ///
  /// - Throws: `MRDLError`, or `CommandExit` for an exit code without a message.
  mutating func perform() throws
}

extension Command {
  /// The name that messages begin with.
  package static var commandName: String { configuration.commandName ?? "mrdl" }

  /// Runs the command and ends the process.
  package static func main() {
    let truncated = MRDLError(
      .readFailed, "a file was cut short by another process while it was read")
    mrdl_install_sigbus_message(line(truncated), truncated.code.category.exitCode)
    var command: any ParsableCommand
    do {
      command = try parseAsRoot()
    } catch {
      end(parsing: error)
    }
    warnOfInstructionSet()
    do {
      if var command = command as? Self {
        try command.perform()
      } else {
        try command.run()
      }
    } catch let exit as CommandExit {
      end(exit.code)
    } catch let error as MRDLError {
      complain(line(error))
      end(error.code.category.exitCode)
    } catch {
      end(parsing: error)
    }
    end(0)
  }

  /// What an error says, as one line.
  package static func line(_ error: MRDLError) -> String {
    "\(commandName): error: \(error)"
  }

  /// Ends after help, the version or a completion script was asked for, or with what is wrong with the
  /// arguments.
  private static func end(parsing error: any Error) -> Never {
    guard exitCode(for: error) != .success else { exit(withError: error) }
    let code = exitCode(for: error)
    guard code == .validationFailure else {
      complain("\(commandName): error: \(message(for: error))")
      end(FailureCategory.internalFault.exitCode)
    }
    let text = message(for: error).split(separator: "\n").joined(separator: " ")
    complain("\(commandName): error: \(text)")
    complain("See \(commandName) --help.")
    end(FailureCategory.usage.exitCode)
  }

  /// Says so where `MRDL_ISA` cannot be obeyed. Without the variable the processor is not even asked.
  private static func warnOfInstructionSet() {
    guard Environment.value(of: "MRDL_ISA") != nil, let message = mrdl_isa_diagnostic() else {
      return
    }
    complain("\(commandName): warning: \(String(cString: message))")
  }

  private static func complain(_ line: String) {
    // Where even the complaint cannot be written, the exit code remains.
    try? StandardStream.error.write(line + "\n")
  }

  private static func end(_ code: Int32) -> Never {
    // For an exit code the parser makes up its whole help first, a tenth of a short command.
    exit(withError: code == 0 ? nil : ExitCode(code))
  }
}

/// Ends a command with an exit code and without a message.
package struct CommandExit: Error, Sendable, Hashable {
  package let code: Int32

  /// The command did its work and found something wrong.
  package static let findings = CommandExit(code: 1)
  /// A person has stopped the command, which has kept its work: 128 plus the number of SIGINT.
  package static let interrupted = CommandExit(code: 130)
  /// Some of the inputs failed; messages say which.
  package static func failure(_ category: FailureCategory) -> CommandExit {
    CommandExit(code: category.exitCode)
  }
}
