package import MRDLCore

/// The binary version of CIFAR-10: files `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin` of
/// records, each a byte for the class and 3 · 32 · 32 bytes for the pixels, channel by channel.
package struct CIFAR10: Sendable {
  private static let side = 32
  private static let recordByteCount = 1 + 3 * side * side

  package let path: String

  /// nil where the directory holds no such files.
  package init?(_ path: String) {
    guard FileSystem.kind(of: FileSystem.join(path, "test_batch.bin")) == .file else { return nil }
    self.path = path
  }

  /// Reads one split.
  ///
  /// - Throws: `MRDL9001` where a file is missing, `MRDL5001` where one is damaged.
  package func read(_ split: MNISTDirectory.Split) throws(MRDLError) -> LabelledImages {
    let names =
      split == .test ? ["test_batch.bin"] : (1...5).map { "data_batch_\($0).bin" }
    var pixels: [UInt8] = []
    var labels: [Int] = []
    var hasher = SHA256()
    for name in names {
      let file = FileSystem.join(path, name)
      let content = try FileContent.map(file)
      guard content.byteCount > 0, content.byteCount.isMultiple(of: Self.recordByteCount) else {
        throw MRDLError(
          .badDataset, "the file does not hold whole records", found: "\(content.byteCount) bytes",
          expected: "a multiple of \(Self.recordByteCount)", at: Place(file: file))
      }
      content.withUnsafeBytes { bytes in
        hasher.update(bytes)
        for start in stride(from: 0, to: bytes.count, by: Self.recordByteCount) {
          labels.append(Int(bytes[start]))
          pixels += bytes[start + 1..<start + Self.recordByteCount]
        }
      }
    }
    do {
      return try LabelledImages(
        name: "CIFAR-10",
        pixels: Tensor(pixels, shape: Shape([labels.count, 3, Self.side, Self.side])),
        labels: labels, classNames: Self.classNames, digest: hasher.finalize())
    } catch {
      throw error.inFile(path)
    }
  }

  private static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]
}
