import MRDLCore
import MRDLInterchange
import TestDirectories
import Testing

@Suite struct NPZTests {
  private func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  /// `x`, 2 × 3 of f32, and `d/y`, a scalar of i64, by numpy.savez of NumPy 2.4.6.
  private let stored = """
    504b03042d0000000000000021004fe9002affffffffffffffff05001400782e6e707901001000980000000000
    00009800000000000000934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e
    5f6f72646572273a2046616c73652c20277368617065273a2028322c2033292c207d2020202020202020202020
    202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020
    20200a000000000000803f0000004000004040000080400000a040504b03042d000000000000002100c8b83ce4
    ffffffffffffffff07001400642f792e6e70790100100088000000000000008800000000000000934e554d5059
    010076007b276465736372273a20273c6938272c2027666f727472616e5f6f72646572273a2046616c73652c20
    277368617065273a2028292c207d20202020202020202020202020202020202020202020202020202020202020
    202020202020202020202020202020202020202020202020202020202020200af9ffffffffffffff504b01022d
    032d0000000000000021004fe9002a9800000098000000050000000000000000000000800100000000782e6e70
    79504b01022d032d000000000000002100c8b83ce488000000880000000700000000000000000000008001cf00
    0000642f792e6e7079504b0506000000000200020068000000900100000000
    """

  /// The same by numpy.savez_compressed.
  private let compressed = """
    504b03042d0000000800000021004fe9002affffffffffffffff05001400782e6e707901001000980000000000
    000055000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498
    179f5f94920a12774bcc294e058a17672416a402f91a463a0ac69a3a0ab50a64032e063068b007120e4004c40d
    40bcc00100504b03042d000000080000002100c8b83ce4ffffffffffffffff07001400642f792e6e7079010010
    00880000000000000046000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a1aea3a0
    9e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a9a3a0ab50a1401ae9fff210000504b01
    022d032d0000000800000021004fe9002a5500000098000000050000000000000000000000800100000000782e
    6e7079504b01022d032d000000080000002100c8b83ce446000000880000000700000000000000000000008001
    8c000000642f792e6e7079504b05060000000002000200680000000b0100000000
    """

  /// What a damaged archive holds cannot be told; that it is damaged is said.
  @Test func archivesThatAreCutShort() throws {
    let work = try TemporaryDirectory()
    let whole = bytes(stored)
    for length in [4, 100, whole.count / 2, whole.count - 1] {
      let path = work.file("weights.npz")
      var file = try AtomicFile(path: path, replacing: true)
      try file.write(Array(whole.prefix(length)))
      try file.commit()
      let error = #expect(throws: MRDLError.self) { try ModelFile.open(path) }
      #expect(error?.code == .badCompressedData, "\(length) bytes")
      #expect(error?.description.contains("damaged or cut short") == true)
      #expect(error?.place.file == path)
    }
  }

  @Test func archivesOfNumPy() throws {
    for archive in [stored, compressed] {
      let arrays = try NPZ.decode(Storage(bytes(archive)))
      #expect(arrays.map { $0.name } == ["x", "d/y"])
      #expect(arrays[0].tensor.shape == [2, 3])
      #expect(arrays[0].tensor.elements() == [Float(0), 1, 2, 3, 4, 5])
      #expect(arrays[1].tensor.shape == .scalar)
      #expect(arrays[1].tensor.elements() == [Int64(-7)])
    }
  }

  @Test func everyTruncationAndChangedByteIsRefusedOrHarmless() {
    let archive = bytes(compressed)
    for count in archive.indices {
      #expect(throws: MRDLError.self) { try NPZ.decode(Storage(Array(archive.prefix(count)))) }
    }
    for index in archive.indices {
      var damaged = archive
      damaged[index] ^= 0x40
      _ = try? NPZ.decode(Storage(damaged))
    }
  }

  /// The name of a member stands twice in the archive, before its content and in the directory.
  @Test func membersThatAreNoArraysAreRefused() throws {
    let archive = bytes(stored)
    var renamed = archive
    for index in archive.indices.dropLast(4)
    where archive[index...].starts(with: Array("x.npy".utf8)) {
      renamed.replaceSubrange(index..<(index + 5), with: Array("x.txt".utf8))
    }
    let error = #expect(throws: MRDLError.self) { try NPZ.decode(Storage(renamed)) }
    #expect(error?.code == .badNPY)
    #expect(error?.place.path == "x.txt")
  }
}
