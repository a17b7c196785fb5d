import MRDLCore
import Testing

@Suite struct HalfPrecisionTests {
  #if !(os(macOS) && arch(x86_64))
    @Test func everyHalfHasTheValueOfFloat16() {
      for bits in UInt16.min...UInt16.max {
        let expected = Float(Float16(bitPattern: bits))
        let found = Half(bitPattern: bits).float
        #expect(
          found == expected || found.isNaN && expected.isNaN && bits & 0x7C00 == 0x7C00,
          "bits \(bits)")
      }
    }

    /// All halves, the numbers half-way between neighbours, and the numbers beside those.
    @Test func roundingIsThatOfFloat16() {
      func check(_ value: Float) -> Bool {
        let found = Half(value).bitPattern
        let expected = Float16(value)
        return expected.isNaN
          ? Half(value).float.isNaN : found == expected.bitPattern
      }
      var failures = 0
      for bits in UInt16(0)..<0x7C00 {
        let low = Half(bitPattern: bits).float
        // Past the largest half comes what would be the next binade.
        let high = bits == 0x7BFF ? 65536 : Half(bitPattern: bits + 1).float
        let middle = (low + high) / 2
        for value in [low, middle.nextDown, middle, middle.nextUp] {
          if !check(value) || !check(-value) { failures += 1 }
        }
      }
      for value in [
        Float.infinity, -.infinity, .nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
        -.leastNonzeroMagnitude, 0, -0.0,
      ] where !check(value) {
        failures += 1
      }
      #expect(failures == 0)
    }
  #endif

  @Test func everyBFloat16SurvivesAndRoundsToEven() {
    var failures = 0
    for bits in UInt16.min...UInt16.max {
      let value = BFloat16(bitPattern: bits).float
      let back = BFloat16(value)
      if value.isNaN ? !back.float.isNaN : back.bitPattern != bits { failures += 1 }
      if !value.isFinite { continue }
      // The number half-way to the next pattern goes to the even one of the two.
      let middle = Float(bitPattern: UInt32(bits) << 16 | 0x8000)
      if BFloat16(middle).bitPattern != bits + bits & 1 { failures += 1 }
      if BFloat16(Float(bitPattern: middle.bitPattern - 1)).bitPattern != bits { failures += 1 }
      if BFloat16(Float(bitPattern: middle.bitPattern + 1)).bitPattern != bits + 1 {
        failures += 1
      }
    }
    #expect(failures == 0)
  }

  @Test func payloadOfANaNNeverMakesAnInfinity() {
    for bits in [0x7F80_0001, 0xFF80_0001, 0x7F80_FFFF, 0x7FFF_FFFF] as [UInt32] {
      let value = Float(bitPattern: bits)
      #expect(Half(value).float.isNaN)
      #expect(BFloat16(value).float.isNaN)
    }
  }
}
