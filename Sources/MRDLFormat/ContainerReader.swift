import MRDLCore
import MRDLModel

/// A `.mrdl` file taken apart, for opening and for verifying alike.
struct ContainerReader {
  let storage: Storage
  let prelude: Prelude
  let header: ModelHeader
  /// Where the tensors lie in the file, in the order of the table.
  let tensorRanges: [Range<Int>]
  let digests: [Digest]

  /// Reads everything but the tensors.
  ///
  /// What is wrong is reported; what makes the rest unreadable is thrown.
  ///
  /// - Complexity: O(n) in the bytes of the header and of the digest table.
  init(_ storage: Storage, limits: Limits, diagnostics: Diagnostics) throws(MRDLError) {
    self.storage = storage
    var reader = ByteReader(storage)
    prelude = try Prelude(&reader, limits: limits, diagnostics: diagnostics)
    let layout = prelude.layout
    Self.checkLength(of: storage, layout, diagnostics)
    let text = try reader.slice(
      byteOffset: layout.header.lowerBound, byteCount: layout.header.count)
    let table = try reader.slice(
      byteOffset: layout.digestTable.lowerBound, byteCount: layout.digestTable.count)
    Self.checkDigests(of: storage, prelude, text, table, diagnostics)
    digests = try Self.digests(table)

    header = try text.withUnsafeRemainingBytes { (bytes) throws(MRDLError) in
      try ModelHeader(decoding: bytes, limits: limits, diagnostics: diagnostics)
    }
    if header.version != prelude.version {
      diagnostics.report(
        .badPrelude, "the prelude and the header state different versions",
        found: "\(prelude.version)", expected: "\(header.version)", at: Place(byteOffset: 8))
    }
    if header.requiredFeatures != prelude.requiredFeatures {
      diagnostics.report(
        .badPrelude, "the prelude requires other features than the header has",
        found: "\(prelude.requiredFeatures.rawValue)",
        expected: "\(header.requiredFeatures.rawValue)", at: Place(byteOffset: 16))
    }
    guard header.tensors.count == layout.tensorCount else {
      throw MRDLError(
        .badLayout, "the digest table and the header have different numbers of tensors",
        found: "\(layout.tensorCount)", expected: "\(header.tensors.count)",
        at: Place(byteOffset: 36))
    }
    guard let ranges = ContainerLayout.ranges(of: header.tensors) else {
      throw MRDLError(
        .badLayout, "the tensors of the header have more bytes than can be counted",
        at: Place("/tensors"))
    }
    let end = ranges.last?.upperBound ?? 0
    guard end == layout.data.count else {
      throw MRDLError(
        .badLayout, "the data do not have the length that the tensors of the header take",
        found: "\(layout.data.count) bytes", expected: "\(end)", at: Place(byteOffset: 48))
    }
    let start = layout.data.lowerBound
    tensorRanges = ranges.map { (start + $0.lowerBound)..<(start + $0.upperBound) }
    checkPadding(layout.frontPadding, diagnostics)
  }

  /// The model, whose tensors are parts of the storage.
  func model(verifies: Bool, file: String?) throws(MRDLError) -> Model {
    var sources: [VerifiedTensorSource] = []
    sources.reserveCapacity(header.tensors.count)
    for (index, info) in header.tensors.enumerated() {
      let range = tensorRanges[index]
      let place = Place(
        file: file, path: info.name, byteOffset: UInt64(exactly: range.lowerBound))
      let type = info.scalarType
      let shape = info.shape
      let storage = storage
      sources.append(
        VerifiedTensorSource(digest: digests[index], verifies: verifies, place: place) {
          () throws(MRDLError) in
          guard range.upperBound <= storage.byteCount else {
            throw MRDLError(
              .truncatedContainer, "a tensor reaches past the end of the file",
              found: "\(storage.byteCount) bytes", expected: "at least \(range.upperBound)")
          }
          return try Tensor(type, shape: shape, storage: storage, byteOffset: range.lowerBound)
        })
    }
    return try header.model(sources: sources)
  }

  /// Reports padding that is not zero between tensors.
  func checkTensorPadding(_ diagnostics: Diagnostics) {
    let gaps = zip(tensorRanges, tensorRanges.dropFirst()).map { tensor, next in
      tensor.upperBound..<next.lowerBound
    }
    checkPadding(gaps, diagnostics)
  }

  private func checkPadding(_ gaps: [Range<Int>], _ diagnostics: Diagnostics) {
    storage.withUnsafeBytes { bytes in
      for gap in gaps {
        let gap = gap.clamped(to: 0..<bytes.count)
        if let offset = gap.first(where: { bytes[$0] != 0 }) {
          diagnostics.report(
            .nonzeroPadding, "padding is not zero", found: "\(bytes[offset])", expected: "0",
            at: Place(byteOffset: UInt64(offset)))
        }
      }
    }
  }

  private static func checkLength(
    of storage: Storage, _ layout: ContainerLayout, _ diagnostics: Diagnostics
  ) {
    let found = storage.byteCount
    if found == layout.fileByteCount { return }
    let isShort = found < layout.fileByteCount
    diagnostics.report(
      isShort ? .truncatedContainer : .wrongFileLength,
      isShort ? "the file ends early" : "the file goes on after its end",
      found: "\(found) bytes", expected: "\(layout.fileByteCount)",
      at: Place(byteOffset: UInt64(Swift.min(found, layout.fileByteCount))))
  }

  private static func checkDigests(
    of storage: Storage, _ prelude: Prelude, _ text: ByteReader, _ table: ByteReader,
    _ diagnostics: Diagnostics
  ) {
    let root = storage.withUnsafeBytes { bytes in
      table.withUnsafeRemainingBytes { table in
        Prelude.rootDigest(
          rootedBytes: UnsafeRawBufferPointer(rebasing: bytes[..<Prelude.rootedByteCount]),
          digestTable: table)
      }
    }
    if root != prelude.rootDigest {
      diagnostics.report(
        .rootDigestMismatch, "the prelude or the digest table is not what was written",
        found: "SHA-256 \(root)", expected: "\(prelude.rootDigest)",
        at: Place(byteOffset: UInt64(Prelude.rootedByteCount)))
    }
    let header = text.withUnsafeRemainingBytes { Digest(of: $0) }
    if header != prelude.headerDigest {
      diagnostics.report(
        .headerDigestMismatch, "the header is not what was written", found: "SHA-256 \(header)",
        expected: "\(prelude.headerDigest)", at: text.place())
    }
  }

  private static func digests(_ table: ByteReader) throws(MRDLError) -> [Digest] {
    var table = table
    var digests: [Digest] = []
    digests.reserveCapacity(table.remainingByteCount / Digest.byteCount)
    while !table.isAtEnd {
      let offset = table.byteOffset
      guard let digest = Digest(try table.readBytes(byteCount: Digest.byteCount)) else {
        throw MRDLError(.truncatedContainer, "a digest is incomplete", at: table.place(offset))
      }
      digests.append(digest)
    }
    return digests
  }
}
