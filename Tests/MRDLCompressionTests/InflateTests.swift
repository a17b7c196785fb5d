import MRDLCompression
import MRDLCore
import Testing

/// Inflates an array and gives the code of the error, if there is one.
private func inflate(
  _ input: [UInt8], _ format: CompressionFormat, size: InflatedSize = .atMost(.max),
  limits: Limits = .standard
) -> Result<[UInt8], MRDLError> {
  do throws(MRDLError) {
    let storage = try input.withRawBytes { (bytes) throws(MRDLError) in
      try Inflate.storage(from: bytes, format: format, size: size, limits: limits)
    }
    return .success(storage.withUnsafeBytes { Array($0) })
  } catch {
    return .failure(error)
  }
}

extension Result where Failure == MRDLError {
  fileprivate var code: FindingCode? {
    if case .failure(let error) = self { error.code } else { nil }
  }
}

private let greeting = Array("hello hello hello hello".utf8)

/// `greeting` as Python 3.11's zlib and gzip modules compress it.
private let compressedGreeting: [CompressionFormat: [UInt8]] = [
  .zlib: bytes("78dacb48cdc9c957c8402701680308b1"),
  .deflate: bytes("cb48cdc9c957c8402701"),
  .gzip: bytes(
    "1f8b08080100000002ff6e616d652e74787400cb48cdc9c957c8402701e3513d8d17000000"),
]

@Suite("Inflate")
struct InflateTests {
  @Test(arguments: CompressionFormat.allCases)
  func knownStreams(format: CompressionFormat) throws {
    let input = try #require(compressedGreeting[format])
    for size: InflatedSize in [
      .exactly(greeting.count), .atMost(.max), .atMost(greeting.count), .atMost(1000),
    ] {
      #expect(try inflate(input, format, size: size).get() == greeting)
    }
  }

  @Test(
    arguments: CompressionFormat.allCases,
    [0, 1, 2, 63, 64, 65, 4095, 4096, 8191, 8192, 100_003, 1_000_003])
  func roundTrip(format: CompressionFormat, count: Int) throws {
    let content = sampleBytes(count: count)
    for level in [0, 1, 6, 9] {
      let compressed = Deflate.bytes(from: content, format: format, level: level)
      #expect(try inflate(compressed, format).get() == content)
      #expect(try inflate(compressed, format, size: .exactly(count)).get() == content)
    }
  }

  @Test(arguments: CompressionFormat.allCases)
  func everyTruncationIsRefused(format: CompressionFormat) throws {
    let input = try #require(compressedGreeting[format])
    for count in 0..<input.count {
      #expect(inflate(Array(input[..<count]), format).code == .badCompressedData)
    }
  }

  @Test(arguments: [CompressionFormat.zlib, .gzip])
  func everyChangedBitIsHarmlessOrRefused(format: CompressionFormat) throws {
    let input = try #require(compressedGreeting[format])
    var refused = 0
    for index in 0..<(8 * input.count) {
      var damaged = input
      damaged[index / 8] ^= 1 << UInt8(index % 8)
      switch inflate(damaged, format, size: .exactly(greeting.count)) {
      case .success(let content): #expect(content == greeting)
      case .failure(let error):
        #expect(error.code == .badCompressedData)
        refused += 1
      }
    }
    // Beside the content there are only the bits of gzip's header that mean nothing to us.
    #expect(refused > 8 * (greeting.count / 2))
  }

  @Test(arguments: CompressionFormat.allCases)
  func wrongSizes(format: CompressionFormat) throws {
    let input = try #require(compressedGreeting[format])
    for (size, code): (InflatedSize, FindingCode) in [
      (.exactly(0), .badCompressedData),
      (.exactly(greeting.count - 1), .badCompressedData),
      (.exactly(greeting.count + 1), .badCompressedData),
      (.atMost(greeting.count - 1), .inflatedTooFar),
      (.atMost(0), .inflatedTooFar),
    ] {
      #expect(inflate(input, format, size: size).code == code)
    }
  }

  @Test func limitsHold() throws {
    let zeros = [UInt8](repeating: 0, count: 3_000_000)
    let bomb = Deflate.bytes(from: zeros, format: .zlib, level: 9)
    #expect(try inflate(bomb, .zlib).get() == zeros)
    var byRatio = Limits()
    byRatio.inflationRatio = 100
    #expect(inflate(bomb, .zlib, limits: byRatio).code == .inflatedTooFar)
    #expect(
      inflate(bomb, .zlib, size: .exactly(zeros.count), limits: byRatio).code == .inflatedTooFar)
    var byCount = Limits()
    byCount.inflatedByteCount = zeros.count - 1
    #expect(inflate(bomb, .zlib, limits: byCount).code == .inflatedTooFar)
    byCount.inflatedByteCount = zeros.count
    #expect(try inflate(bomb, .zlib, limits: byCount).get() == zeros)
  }

  @Test func promisesCostNothing() {
    // Sixteen bytes cannot become a terabyte; nothing of that size may be allocated.
    let input = compressedGreeting[.zlib] ?? []
    #expect(inflate(input, .zlib, size: .exactly(1 << 40)).code == .inflatedTooFar)
    var trailer = compressedGreeting[.gzip] ?? []
    trailer.replaceSubrange((trailer.count - 4)..., with: [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(inflate(trailer, .gzip).code == .badCompressedData)
  }

  @Test func gzipMembersFollowEachOther() throws {
    let member = try #require(compressedGreeting[.gzip])
    let empty = Deflate.bytes(from: [UInt8](), format: .gzip)
    let twice = greeting + greeting
    #expect(try inflate(member + member, .gzip).get() == twice)
    #expect(try inflate(member + member, .gzip, size: .exactly(twice.count)).get() == twice)
    #expect(try inflate(empty + member + empty + member + empty, .gzip).get() == twice)
    #expect(try inflate(member + [0, 0, 0], .gzip).get() == greeting)
    #expect(inflate(member + [1], .gzip).code == .badCompressedData)
    #expect(inflate(member + Array(member.dropLast()), .gzip).code == .badCompressedData)
  }

  @Test(arguments: [CompressionFormat.zlib, .deflate])
  func bytesAfterTheEndAreRefused(format: CompressionFormat) throws {
    let input = try #require(compressedGreeting[format])
    #expect(inflate(input + [0], format).code == .badCompressedData)
    #expect(
      inflate(input + [0], format, size: .exactly(greeting.count)).code == .badCompressedData)
  }

  @Test func presetDictionariesAreRefused() {
    // zlib.compressobj(9, zlib.DEFLATED, 15, zdict=b"hello") of Python 3.11.
    let input = bytes("78f9062c0215cb00110a182400680308b1")
    #expect(inflate(input, .zlib).code == .badCompressedData)
  }

  @Test func placesCountFromTheGivenOne() throws {
    var input = try #require(compressedGreeting[.zlib])
    input[input.count - 1] ^= 1
    let error = #expect(throws: MRDLError.self) {
      try input.withUnsafeBytes {
        try Inflate.storage(from: $0, format: .zlib, place: Place(path: "x", byteOffset: 1000))
      }
    }
    #expect(error?.place.path == "x")
    #expect((1000...1016).contains(error?.place.byteOffset ?? 0))
  }

  @Test func fillsTheCallersMemory() throws {
    let input = try #require(compressedGreeting[.zlib])
    var output = [UInt8](repeating: 0xEE, count: greeting.count + 2)
    try output.withUnsafeMutableBytes { room in
      try input.withUnsafeBytes { bytes in
        try Inflate.fill(
          UnsafeMutableRawBufferPointer(rebasing: room[1..<(room.count - 1)]), from: bytes,
          format: .zlib)
      }
    }
    #expect(output == [0xEE] + greeting + [0xEE])
  }
}

@Suite("Inflater")
struct InflaterTests {
  @Test(arguments: [1, 2, 3, 7, 100, 100_000], [1, 5, 64, 1000, 70_000])
  func partsAndReadsOfAnySize(partByteCount: Int, readByteCount: Int) throws {
    let content = sampleBytes(count: 20_000)
    let compressed = Deflate.bytes(from: content, format: .zlib)
    // Parts with other bytes and empty parts between them.
    var file: [UInt8] = []
    var parts: [Range<Int>] = []
    for start in stride(from: 0, to: compressed.count, by: partByteCount) {
      file += [0xAA, 0xBB]
      parts.append(file.count..<file.count)
      let part = compressed[start..<min(start + partByteCount, compressed.count)]
      parts.append(file.count..<(file.count + part.count))
      file += part
    }
    var inflater = Inflater(Storage(file), parts: parts, format: .zlib)
    var result: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: readByteCount)
    while true {
      let count = try piece.withUnsafeMutableBytes { try inflater.read(into: $0) }
      result += piece[..<count]
      if count < readByteCount { break }
    }
    try inflater.finish()
    #expect(result == content)
    #expect(inflater.inflatedByteCount == content.count)
  }

  @Test func finishingBeforeTheEndIsRefused() throws {
    let compressed = Deflate.bytes(from: greeting, format: .zlib)
    var inflater = Inflater(
      Storage(compressed), parts: [0..<compressed.count], format: .zlib)
    #expect(try inflater.readByte() == UInt8(ascii: "h"))
    // A macro cannot capture a value that is not copyable.
    var code: FindingCode?
    do throws(MRDLError) { try inflater.finish() } catch { code = error.code }
    #expect(code == .badCompressedData)
  }

  @Test func noParts() {
    var inflater = Inflater(Storage(byteCount: 0), parts: [], format: .zlib)
    var code: FindingCode?
    do throws(MRDLError) { _ = try inflater.readByte() } catch { code = error.code }
    #expect(code == .badCompressedData)
  }
}
