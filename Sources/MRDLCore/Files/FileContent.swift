internal import CMRDLSystem

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The bytes of a file.
public enum FileContent {
  /// The file mapped into memory, read only; opening costs nothing for its size.
  ///
  /// A file that another process shortens while it is mapped makes reads of the missing part raise
  /// SIGBUS; `read(_:)` is safe from that.
  ///
  /// - Throws: `MRDL9001`, `MRDL9002` where it cannot be opened, `MRDL9004` where it cannot be mapped.
  public static func map(_ path: String) throws(MRDLError) -> Storage {
    let (descriptor, status) = try open(path)
    defer { close(descriptor) }
    guard status.st_mode & S_IFMT == S_IFREG else { return try read(descriptor, path) }
    let byteCount = Int(status.st_size)
    if byteCount == 0 { return Storage(byteCount: 0) }
    guard let base = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0),
      base != MAP_FAILED
    else {
      throw MRDLError(
        .readFailed, "cannot map the file", at: Place(file: path), cause: SystemError.last)
    }
    return Storage(mapping: base, byteCount: byteCount) { base, byteCount in
      munmap(base, byteCount)
    }
  }

  /// The file copied into memory.
  public static func read(_ path: String) throws(MRDLError) -> Storage {
    let (descriptor, _) = try open(path)
    defer { close(descriptor) }
    return try read(descriptor, path)
  }

  /// The file as UTF-8 text.
  public static func readText(_ path: String) throws(MRDLError) -> String {
    let storage = try read(path)
    return storage.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  private static func open(_ path: String) throws(MRDLError) -> (Int32, stat) {
    let descriptor = mrdl_open(path, O_RDONLY | O_CLOEXEC, 0)
    guard descriptor >= 0 else { throw FileSystem.openingError(path, SystemError.last) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = SystemError.last
      close(descriptor)
      throw MRDLError(.readFailed, "cannot read", at: Place(file: path), cause: error)
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw MRDLError(
        .cannotOpen, "is a directory", expected: "a file", at: Place(file: path))
    }
    return (descriptor, status)
  }

  /// A regular file is read into its final place; what has no length (a pipe, a device, a file of
  /// the kernel's) is collected first.
  private static func read(_ descriptor: Int32, _ path: String) throws(MRDLError) -> Storage {
    var status = stat()
    let expected =
      fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      ? Int(status.st_size) : 0
    let storage = Storage(byteCount: expected)
    var done = 0
    while done < expected {
      let count = try readSome(descriptor, storage.base + done, expected - done, path)
      guard count > 0 else {
        throw MRDLError(
          .readFailed, "the file became shorter while it was read", found: "\(done) bytes",
          expected: "\(expected)", at: Place(file: path))
      }
      done += count
    }
    var more: [UInt8] = []
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
    defer { chunk.deallocate() }
    while true {
      let count = try readSome(descriptor, chunk.baseAddress, chunk.count, path)
      if count == 0 { break }
      if more.isEmpty { storage.withUnsafeBytes { more.append(contentsOf: $0) } }
      more.append(contentsOf: UnsafeRawBufferPointer(chunk).prefix(count))
    }
    return more.isEmpty ? storage : Storage(more)
  }

  /// One call of `read(2)`, repeated when a signal interrupts it; 0 at the end of the file.
  private static func readSome(
    _ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ byteCount: Int, _ path: String
  ) throws(MRDLError) -> Int {
    while true {
      let count = systemRead(descriptor, buffer, byteCount)
      if count >= 0 { return count }
      let error = SystemError.last
      if error.number != EINTR {
        throw MRDLError(.readFailed, "cannot read", at: Place(file: path), cause: error)
      }
    }
  }
}
