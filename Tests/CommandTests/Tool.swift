import Foundation
import MRDLCore

/// One of the five commands, run as a process of its own.
struct Tool {
  let name: String

  /// What a process left behind.
  struct Outcome {
    let exitCode: Int32
    let output: String
    let errors: String

    /// The messages, a line each.
    var messages: [Substring] { errors.split(separator: "\n") }
  }

  static let infer = Tool(name: "mrdl-infer")
  static let inspect = Tool(name: "mrdl-inspect")
  static let validate = Tool(name: "mrdl-validate")
  static let train = Tool(name: "mrdl-train")
  static let convert = Tool(name: "mrdl-convert")

  /// The directory of the build that the tests belong to.
  static let directory: String = {
    let file = #filePath
    let root = FileSystem.directory(of: FileSystem.directory(of: FileSystem.directory(of: file)))
    let beside = FileSystem.directory(of: CommandLine.arguments[0])
    return FileSystem.kind(of: beside + "/mrdl-infer") == .file
      ? beside : root + "/.build/release"
  }()

  /// The command as a process that has not begun, without streams.
  func process(_ arguments: [String], environment: [String: String] = [:]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(Self.directory)/\(name)")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  /// Runs the command to its end.
  func run(
    _ arguments: [String], input: String = "", environment additions: [String: String] = [:]
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(Self.directory)/\(name)")
    process.arguments = arguments
    var environment = ProcessInfo.processInfo.environment
    environment["COLUMNS"] = "80"
    environment.merge(additions) { $1 }
    process.environment = environment
    let work = try TemporaryDirectory()
    // Files, not pipes: no output can fill them and block the process.
    let paths = ["in", "out", "err"].map { work.path($0) }
    try input.write(toFile: paths[0], atomically: false, encoding: .utf8)
    _ = FileManager.default.createFile(atPath: paths[1], contents: nil)
    _ = FileManager.default.createFile(atPath: paths[2], contents: nil)
    process.standardInput = FileHandle(forReadingAtPath: paths[0])
    process.standardOutput = FileHandle(forWritingAtPath: paths[1])
    process.standardError = FileHandle(forWritingAtPath: paths[2])
    try process.run()
    process.waitUntilExit()
    return Outcome(
      exitCode: process.terminationStatus, output: try FileContent.readText(paths[1]),
      errors: try FileContent.readText(paths[2]))
  }

  func run(_ arguments: String...) throws -> Outcome { try run(arguments) }
}

/// A directory that goes away with the test.
final class TemporaryDirectory {
  let root: String

  init() throws {
    root = NSTemporaryDirectory() + "mrdl-\(UUID().uuidString)"
    try FileSystem.createDirectory(root)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// A path inside.
  func path(_ name: String) -> String { "\(root)/\(name)" }

  /// Writes a file and gives its path.
  @discardableResult
  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }
}
