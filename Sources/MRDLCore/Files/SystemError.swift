internal import CMRDLSystem

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The number and text of a failed system call.
public struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The value of `errno`.
  public let number: Int32

  package init(number: Int32) { self.number = number }

  /// The error of the call that has just failed.
  static var last: SystemError { SystemError(number: mrdl_errno()) }

  /// Whether the file or a directory on its path does not exist.
  public var isMissingFile: Bool { number == ENOENT || number == ENOTDIR }

  public var description: String {
    var buffer = [CChar](repeating: 0, count: 256)
    mrdl_describe_errno(number, &buffer, buffer.count)
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
