internal import CMRDLSystem

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file that appears whole or not at all.
///
/// Bytes go to a temporary sibling `.NAME.PID.COUNT.tmp`; `commit()` syncs it, renames it over the
/// destination and syncs the directory. Until then an existing destination is untouched: neither a
/// crash nor a full disk harms it. A file that is not committed is removed.
///
/// A destination that exists and is not a regular file (a pipe, a device such as `/dev/null`) is written
/// in place, because nothing can be renamed over it.
public struct AtomicFile: ~Copyable {
  /// The path that `commit()` brings into being.
  public let path: String
  /// The file that bytes go to before that.
  public let temporaryPath: String
  /// The number of bytes written at the end, which is the length of the file.
  public private(set) var byteCount = 0

  private var descriptor: Int32
  private let replacesByRename: Bool
  private var buffer: [UInt8] = []

  private static let bufferByteCount = 1 << 16

  /// Creates the temporary file.
  ///
  /// - Parameter replacing: whether a destination that exists may be replaced.
  /// - Throws: `MRDL9003` where it cannot be created, `MRDL9006` where the destination exists.
  public init(path: String, replacing: Bool) throws(MRDLError) {
    let target = try Self.openTarget(path, replacing: replacing)
    self.path = path
    temporaryPath = target.path
    descriptor = target.descriptor
    replacesByRename = target.path != path
  }

  private static func openTarget(
    _ path: String, replacing: Bool
  ) throws(MRDLError) -> (path: String, descriptor: Int32) {
    let kind = FileSystem.kind(of: path)
    switch kind {
    case .directory:
      throw MRDLError(
        .cannotCreate, "is a directory", expected: "a file", at: Place(file: path))
    case .file where !replacing:
      throw MRDLError(.wouldOverwrite, "the output exists already", at: Place(file: path))
    case .file where access(path, W_OK) != 0:
      throw MRDLError(
        .cannotCreate, "cannot write", at: Place(file: path), cause: SystemError.last)
    case .other:
      let descriptor = mrdl_open(path, O_WRONLY | O_CLOEXEC, 0)
      guard descriptor >= 0 else {
        throw MRDLError(
          .cannotCreate, "cannot write", at: Place(file: path), cause: SystemError.last)
      }
      return (path, descriptor)
    default: break
    }
    let prefix = FileSystem.join(
      FileSystem.directory(of: path), ".\(FileSystem.name(of: path)).\(getpid()).")
    var attempt = 0
    while true {
      let candidate = "\(prefix)\(attempt).tmp"
      let descriptor = mrdl_open(candidate, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (candidate, descriptor) }
      let error = SystemError.last
      guard error.number == EEXIST, attempt < 1000 else {
        throw MRDLError(.cannotCreate, "cannot create", at: Place(file: path), cause: error)
      }
      attempt += 1
    }
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      if replacesByRename { unlink(temporaryPath) }
    }
  }

  /// Appends bytes.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(MRDLError) {
    byteCount += bytes.count
    if buffer.count + bytes.count <= Self.bufferByteCount {
      buffer.append(contentsOf: bytes)
      return
    }
    try flush()
    if bytes.count < Self.bufferByteCount {
      buffer.append(contentsOf: bytes)
    } else {
      try put(bytes)
    }
  }

  /// Appends bytes.
  public mutating func write(_ bytes: [UInt8]) throws(MRDLError) {
    try bytes.withRawBytes { (pointer) throws(MRDLError) in try write(pointer) }
  }

  /// Appends the bytes of a tensor; the pages of one in a mapped file are given back.
  package mutating func write(_ tensor: Tensor) throws(MRDLError) {
    try tensor.withUnsafeBytes { (bytes) throws(MRDLError) in try write(bytes) }
    tensor.releasePages()
  }

  /// Appends a text as UTF-8.
  public mutating func write(_ text: String) throws(MRDLError) { try write(Array(text.utf8)) }

  /// Writes over bytes that have been written before; the end of the file stays where it is.
  ///
  /// - Precondition: the bytes lie inside what has been written.
  public mutating func overwrite(_ bytes: [UInt8], byteOffset: Int) throws(MRDLError) {
    precondition(
      byteOffset >= 0 && bytes.count <= byteCount - byteOffset,
      "\(bytes.count) bytes at \(byteOffset) of a file of \(byteCount)")
    try flush()
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { pointer in
        pwrite(
          descriptor, pointer.baseAddress.map { $0 + done }, bytes.count - done,
          off_t(byteOffset + done))
      }
      if count < 0 {
        try recover()
      } else {
        done += count
      }
    }
  }

  /// Syncs the file, gives it its name and syncs the directory.
  public consuming func commit() throws(MRDLError) {
    try flush()
    guard replacesByRename else {
      let result = close(descriptor)
      descriptor = -1
      if result != 0 { throw failure(SystemError.last) }
      return
    }
    if fsync(descriptor) != 0 { throw failure(SystemError.last) }
    if rename(temporaryPath, path) != 0 { throw failure(SystemError.last) }
    close(descriptor)
    descriptor = -1
    let directory = mrdl_open(FileSystem.directory(of: path), O_RDONLY | O_CLOEXEC, 0)
    if directory >= 0 {
      // Some file systems cannot sync a directory; the file itself is safe by now.
      _ = fsync(directory)
      close(directory)
    }
  }

  /// Writes what is held back, so that another reader of `temporaryPath` sees it.
  public mutating func flush() throws(MRDLError) {
    guard !buffer.isEmpty else { return }
    let pending = buffer
    buffer.removeAll(keepingCapacity: true)
    try pending.withRawBytes { (pointer) throws(MRDLError) in try put(pointer) }
  }

  private func put(_ bytes: UnsafeRawBufferPointer) throws(MRDLError) {
    var done = 0
    while done < bytes.count {
      let count = systemWrite(
        descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if count < 0 {
        try recover()
      } else {
        done += count
      }
    }
  }

  /// Goes on after an interrupted call, throws for any other failure.
  private func recover() throws(MRDLError) {
    let error = SystemError.last
    if error.number != EINTR { throw failure(error) }
  }

  private func failure(_ error: SystemError) -> MRDLError {
    MRDLError(.writeFailed, "cannot write", at: Place(file: path), cause: error)
  }
}
