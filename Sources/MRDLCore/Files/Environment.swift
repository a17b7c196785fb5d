#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The variables that the process was started with, and the machine that it runs on.
package enum Environment {
  /// The value of a variable, or nil where it is not set.
  package static func value(of name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// The bytes of memory that the machine has.
  package static let physicalByteCount: Int = {
    let (count, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    return Int(count).multipliedChecked(by: Int(size)).flatMap { $0 > 0 ? $0 : nil } ?? .max
  }()

  /// The bytes of a processor's second cache, between the first one and the memory that processors share;
  /// 1 MiB where the system does not say. It may decide how work is cut, never what a result is.
  package static let secondCacheByteCount =
    probedSecondCache.flatMap { $0 > 0 ? $0 : nil } ?? 1 << 20

  private static var probedSecondCache: Int? {
    #if canImport(Glibc)
      return sysconf(Int32(_SC_LEVEL2_CACHE_SIZE))
    #elseif canImport(Darwin)
      var size = 0
      var width = MemoryLayout<Int>.size
      return sysctlbyname("hw.l2cachesize", &size, &width, nil, 0) == 0 ? size : nil
    #else
      return nil
    #endif
  }
}
