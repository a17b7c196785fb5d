import MRDLCore

/// The filters that the chunks of a data set, or the objects of a heap, went through
/// (specification IV.A.2.l).
package struct HDF5FilterPipeline: Sendable, Hashable {
  /// One step of the pipeline.
  package struct Filter: Sendable, Hashable {
    package static let deflate: UInt16 = 1
    package static let shuffle: UInt16 = 2
    package static let fletcher32: UInt16 = 3

    /// The registered number of the filter.
    package let number: UInt16
    /// The name in the file, or that under which the number is registered.
    package let name: String
    let parameters: [UInt32]

    /// Whether this reader can undo the filter.
    package var isSupported: Bool {
      [Self.deflate, Self.shuffle, Self.fletcher32].contains(number)
    }

    /// Names of filters that files seldom carry a name for.
    static func registeredName(_ number: UInt16) -> String? {
      switch number {
      case 1: "deflate"
      case 2: "shuffle"
      case 3: "fletcher32"
      case 4: "szip"
      case 5: "nbit"
      case 6: "scaleoffset"
      case 305: "lzo"
      case 307: "bzip2"
      case 32000: "lzf"
      case 32001: "blosc"
      case 32004: "lz4"
      case 32008: "bitshuffle"
      case 32013: "zfp"
      case 32015: "zstd"
      case 32026: "blosc2"
      default: nil
      }
    }
  }

  /// The filters in the order in which a writer applies them.
  package let filters: [Filter]

  init(_ message: HDF5Cursor) throws(MRDLError) {
    var cursor = message
    let version = try cursor.readUInt8()
    guard version == 1 || version == 2 else {
      throw message.unsupported(
        "the version of a filter pipeline is not known", found: "\(version)", expected: "1 or 2")
    }
    let count = Int(try cursor.readUInt8())
    guard count <= 32 else {
      throw message.bad("a pipeline has too many filters", found: "\(count)", expected: "32")
    }
    if version == 1 { try cursor.skip(byteCount: 6) }
    var filters: [Filter] = []
    for _ in 0..<count { filters.append(try Self.readFilter(&cursor, version: version)) }
    self.filters = filters
  }

  private static func readFilter(
    _ cursor: inout HDF5Cursor, version: UInt8
  ) throws(MRDLError) -> Filter {
    let number = try cursor.readUInt16()
    let hasName = version == 1 || number >= 256
    let nameByteCount = hasName ? Int(try cursor.readUInt16()) : 0
    _ = try cursor.readUInt16()
    let parameterCount = Int(try cursor.readUInt16())
    let paddedByteCount = version == 1 ? (nameByteCount + 7) / 8 * 8 : nameByteCount
    let name = try cursor.readBytes(byteCount: paddedByteCount).prefix { $0 != 0 }
    var parameters: [UInt32] = []
    for _ in 0..<parameterCount { parameters.append(try cursor.readUInt32()) }
    if version == 1 && parameterCount % 2 == 1 { try cursor.skip(byteCount: 4) }
    return Filter(
      number: number,
      name: Filter.registeredName(number) ?? String(decoding: name, as: UTF8.self),
      parameters: parameters)
  }

  /// The bytes that a writer gave to the pipeline.
  ///
  /// - Parameters:
  ///   - stored: the bytes in the file.
  ///   - mask: a set bit for each filter that was skipped.
  ///   - byteCount: how many bytes must come out.
  func decoded(
    _ stored: HDF5Cursor, mask: UInt32, byteCount: UInt64
  ) throws(MRDLError) -> Storage {
    guard let count = Int(exactly: byteCount) else {
      throw stored.bad("a filtered block is too large", found: "\(byteCount) bytes")
    }
    try check(stored, mask: mask, byteCount: count)
    let result = Storage(byteCount: count)
    var decoder = HDF5ChunkDecoder(self)
    try decoder.decode(
      stored, mask: mask,
      into: UnsafeMutableRawBufferPointer(start: result.base, count: count))
    return result
  }

  /// Refuses filters that this reader lacks and a promise that the stored bytes cannot keep, before
  /// anything is allocated for it.
  ///
  /// - Throws: `MRDL2003` with the name and number of a filter, `MRDL2502`.
  func check(_ stored: HDF5Cursor, mask: UInt32, byteCount: Int) throws(MRDLError) {
    let used = filters.enumerated().filter { mask & (1 << UInt32($0.offset)) == 0 }
    if let filter = used.first(where: { !$0.element.isSupported })?.element {
      throw stored.unsupported(
        "a filter is not among those that this reader undoes",
        found: "\"\(filter.name)\", number \(filter.number)",
        expected: "deflate, shuffle or fletcher32")
    }
    let isDeflated = used.contains { $0.element.number == Filter.deflate }
    let ratio = isDeflated ? stored.source.limits.inflationRatio : 1
    let bound = stored.remainingByteCount.multipliedChecked(by: ratio) ?? .max
    guard byteCount <= bound else {
      throw MRDLError(
        .inflatedTooFar,
        "\(stored.remainingByteCount) stored bytes are said to become more than they can",
        found: "\(byteCount) bytes", expected: "at most \(bound)", at: stored.place)
    }
  }
}
