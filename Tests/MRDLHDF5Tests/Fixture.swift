import Foundation
import MRDLCore
import Testing

/// A file of `Fixtures/`, written by `make_fixtures.py`.
struct Fixture: Sendable, CustomTestStringConvertible {
  let name: String

  init(_ name: String) { self.name = name }

  static let all = [
    "classic", "version110", "latest", "indexes", "paged", "edges", "dense", "refused", "shared",
    "committed", "user-block", "unclosed", "offsets",
  ].map { Fixture($0) }

  /// Those that have the same content in different versions of the format.
  static let common = ["classic", "version110", "latest"].map { Fixture($0) }

  var testDescription: String { name }

  var bytes: [UInt8] {
    get throws {
      let path = Bundle.module.bundlePath + "/Fixtures/\(name).h5"
      return try FileContent.read(path).withUnsafeBytes { Array($0) }
    }
  }

  var storage: Storage { get throws { Storage(try bytes) } }
}
