import MRDLCompression
import Testing

@Suite("Checksums")
struct ChecksumTests {
  // The check values of the CRC catalogue and of RFC 1950's example text.
  @Test func knownValues() {
    #expect(Array("123456789".utf8).withUnsafeBytes { Checksum.crc32($0) } == 0xCBF4_3926)
    #expect(Array("Wikipedia".utf8).withUnsafeBytes { Checksum.adler32($0) } == 0x11E6_0398)
  }

  @Test func nothing() {
    #expect([UInt8]().withUnsafeBytes { Checksum.crc32($0) } == 0)
    #expect([UInt8]().withUnsafeBytes { Checksum.adler32($0) } == 1)
  }

  @Test(arguments: [0, 1, 63, 64, 65, 4999])
  func inPieces(split: Int) {
    sampleBytes(count: 5000).withUnsafeBytes { whole in
      let head = UnsafeRawBufferPointer(rebasing: whole[..<split])
      let tail = UnsafeRawBufferPointer(rebasing: whole[split...])
      #expect(
        Checksum.crc32(tail, after: Checksum.crc32(head)) == Checksum.crc32(whole))
      #expect(
        Checksum.adler32(tail, after: Checksum.adler32(head)) == Checksum.adler32(whole))
    }
  }
}
