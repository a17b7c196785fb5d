import MRDLNumerics
import Testing

@Suite struct RandomNumbersTests {
  /// The known answers that come with the authors' library (Random123, `kat_vectors`).
  @Test(arguments: [
    (
      SIMD4<UInt32>(0, 0, 0, 0), SIMD2<UInt32>(0, 0),
      SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    ),
    (
      SIMD4<UInt32>(repeating: 0xffff_ffff), SIMD2<UInt32>(repeating: 0xffff_ffff),
      SIMD4<UInt32>(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      SIMD4<UInt32>(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      SIMD2<UInt32>(0xa409_3822, 0x299f_31d0),
      SIMD4<UInt32>(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ])
  func knownAnswers(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, expected: SIMD4<UInt32>) {
    #expect(RandomNumbers.philox(counter: counter, key: key) == expected)
  }

  @Test func sequenceWalksThroughTheBlocks() {
    var numbers = RandomNumbers(seed: 0x299f_31d0_a409_3822, stream: 0x0370_7344_1319_8a2e)
    let blocks = (0..<3).map { numbers.words(at: $0) }
    for block in blocks {
      for word in 0..<4 { #expect(numbers.nextWord() == block[word]) }
    }
    // The third known answer, reached through seed, stream and counter.
    #expect(
      numbers.words(at: 0x85a3_08d3_243f_6a88)
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func streamsAndSeedsDiffer() {
    let first = RandomNumbers(seed: 1, stream: 2).words(at: 0)
    #expect(first != RandomNumbers(seed: 2, stream: 2).words(at: 0))
    #expect(first != RandomNumbers(seed: 1, stream: 3).words(at: 0))
    #expect(first != RandomNumbers(seed: 1, stream: 2).words(at: 1))
  }

  @Test func uniformNumbersHaveTheirMoments() {
    var numbers = RandomNumbers(seed: 7)
    let values = (0..<100_000).map { _ in numbers.nextUniform() }
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    let mean = values.reduce(0, +) / 100_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000
    // Five standard errors.
    #expect(abs(mean - 0.5) < 5 * 0.2887 / 316)
    #expect(abs(variance - 1.0 / 12) < 5 * 0.0745 / 316)
  }

  @Test func normalNumbersHaveTheirMoments() {
    var numbers = RandomNumbers(seed: 8)
    let values = (0..<100_000).map { _ in numbers.nextNormal() }
    let mean = values.reduce(0, +) / 100_000
    let variance = values.reduce(0) { $0 + $1 * $1 } / 100_000
    #expect(abs(mean) < 5.0 / 316)
    #expect(abs(variance - 1) < 5 * 1.4142 / 316)
    #expect(abs(Double(values.count { $0 > 1.96 }) - 2500) < 5 * 50)
  }

  /// Expected values from Python's `statistics.NormalDist().inv_cdf` (3.11).
  @Test(arguments: [
    (0.5, 0.0), (0.3, -0.5244005127080407), (0.075, -1.4395314709384557),
    (0.02, -2.0537489106318225), (0.001, -3.090232306167813), (1e-6, -4.753424308822899),
    (1e-12, -7.034483825301132), (0.999, 3.090232306167813),
  ])
  func normalQuantiles(probability: Double, expected: Double) {
    #expect(abs(NormalDistribution.quantile(probability) - expected) <= 4e-15 * abs(expected))
  }

  @Test(arguments: [1, 2, 3, 10, 1000, Int.max])
  func integersStayBelowTheirBound(bound: Int) {
    var numbers = RandomNumbers(seed: 9)
    for _ in 0..<1000 { #expect((0..<bound).contains(numbers.nextInteger(below: bound))) }
  }

  @Test func integersAreEquallyLikely() {
    var numbers = RandomNumbers(seed: 10)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[numbers.nextInteger(below: 7)] += 1 }
    for count in counts { #expect(abs(count - 10_000) < 5 * 93) }
  }

  @Test(arguments: [0, 1, 2, 5, 1000])
  func permutationsHoldEveryNumberOnce(count: Int) {
    var numbers = RandomNumbers(seed: 11)
    #expect(numbers.nextPermutation(count: count).sorted() == Array(0..<count))
  }

  @Test func everyOrderOfThreeIsEquallyLikely() {
    var numbers = RandomNumbers(seed: 12)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<6000 { counts[numbers.nextPermutation(count: 3), default: 0] += 1 }
    #expect(counts.count == 6)
    for count in counts.values { #expect(abs(count - 1000) < 5 * 29) }
  }
}
