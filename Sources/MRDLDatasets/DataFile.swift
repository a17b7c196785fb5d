internal import MRDLCompression
package import MRDLCore

/// The bytes of a file of data, plain or gzip.
package struct DataFile: Sendable {
  /// What the file holds, inflated where it was compressed.
  package let content: Storage
  /// The SHA-256 of the file as it lies on the disk.
  package let digest: Digest

  /// - Throws: `MRDL9001` where there is no such file, or what is wrong with compressed bytes.
  package init(_ path: String, limits: Limits = .standard) throws(MRDLError) {
    let stored = try FileContent.map(path)
    digest = stored.withUnsafeBytes { Digest(of: $0) }
    guard stored.withUnsafeBytes({ $0.starts(with: [0x1F, 0x8B]) }) else {
      content = stored
      return
    }
    do {
      content = try stored.withUnsafeBytes { (bytes) throws(MRDLError) in
        try Inflate.storage(from: bytes, format: .gzip, limits: limits)
      }
    } catch {
      throw error.inFile(path)
    }
  }
}
