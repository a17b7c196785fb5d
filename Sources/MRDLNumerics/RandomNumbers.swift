/// Random numbers by Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as
/// 1, 2, 3", 2011).
///
/// The generator is counter-based: block `counter` of a stream depends on the seed, the stream and the
/// counter only, so that any number can be had without those before it, by any thread. Everything is
/// made of exact arithmetic, so that the numbers are the same on every machine.
///
/// It does not conform to `RandomNumberGenerator`: what the standard library makes of such numbers may
/// change from release to release.
public struct RandomNumbers: Sendable, Hashable {
  /// Names everything that one program draws; a run is repeated by repeating it.
  public let seed: UInt64
  /// Tells apart the uses under one seed, such as an epoch or a parameter.
  public let stream: UInt64
  /// The block that the next number comes from.
  private var counter: UInt64 = 0
  private var block: SIMD4<UInt32> = .zero
  /// How many words of `block` have not been used.
  private var left = 0

  public init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
  }

  // MARK: By counter

  /// Four words of 32 random bits.
  public func words(at counter: UInt64) -> SIMD4<UInt32> {
    Self.philox(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32),
        UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
  }

  /// The function itself: ten rounds on a counter of four words under a key of two.
  package static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for round in 0..<10 {
      if round > 0 {
        key.x &+= 0x9E37_79B9
        key.y &+= 0xBB67_AE85
      }
      let first = UInt64(counter.x) &* 0xD251_1F53
      let second = UInt64(counter.z) &* 0xCD9E_8D57
      counter = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ counter.y ^ key.x,
        UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ counter.w ^ key.y,
        UInt32(truncatingIfNeeded: first))
    }
    return counter
  }

  // MARK: In sequence

  /// 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if left == 0 {
      block = words(at: counter)
      counter &+= 1
      left = 4
    }
    left -= 1
    return block[3 - left]
  }

  /// 64 random bits.
  public mutating func nextLongWord() -> UInt64 {
    let low = UInt64(nextWord())
    return low | UInt64(nextWord()) << 32
  }

  /// A number from 0 up to and without 1, a multiple of 2⁻⁵³.
  public mutating func nextUniform() -> Double {
    Double(nextLongWord() >> 11) * 0x1p-53
  }

  /// A number from `low` up to and without `high`, as far as rounding permits.
  public mutating func nextUniform(from low: Double, to high: Double) -> Double {
    low + (high - low) * nextUniform()
  }

  /// A number of the standard normal distribution.
  public mutating func nextNormal() -> Double {
    // The middle of one of 2⁵² equal parts is neither 0 nor 1.
    NormalDistribution.quantile((Double(nextLongWord() >> 12) + 0.5) * 0x1p-52)
  }

  /// A whole number from 0 up to and without `bound`, each equally likely (Lemire, 2019).
  ///
  /// - Precondition: `bound` is greater than zero.
  public mutating func nextInteger(below bound: Int) -> Int {
    precondition(bound > 0, "there is no whole number from 0 to below \(bound)")
    let bound = UInt64(bound)
    while true {
      let (high, low) = nextLongWord().multipliedFullWidth(by: bound)
      // Of the 2⁶⁴ words, the first 2⁶⁴ mod bound that map to a number are one too many.
      if low >= bound || low >= (0 &- bound) % bound { return Int(high) }
    }
  }

  /// The numbers from 0 up to and without `count` in random order, each order equally likely (Fisher and
  /// Yates).
  public mutating func nextPermutation(count: Int) -> [Int] {
    var result = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      result.swapAt(last, nextInteger(below: last + 1))
    }
    return result
  }
}
