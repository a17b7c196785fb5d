import Foundation
import MRDLCore
import Testing

@Suite struct ClockTests {
  // Checked with `date -u -d @SECONDS +%FT%TZ`.
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (86_399, "1970-01-01T23:59:59Z"),
      (951_782_400, "2000-02-29T00:00:00Z"), (951_868_800, "2000-03-01T00:00:00Z"),
      (1_709_164_800, "2024-02-29T00:00:00Z"), (2_147_483_648, "2038-01-19T03:14:08Z"),
      (4_107_542_400, "2100-03-01T00:00:00Z"), (-2_203_891_200, "1900-03-01T00:00:00Z"),
      (-62_135_596_800, "0001-01-01T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
    ] as [(Int64, String)])
  func knownDates(seconds: Int64, text: String) {
    #expect(Clock.text(ofSecondsSince1970: seconds) == text)
  }

  @Test func monotonicTimeGoesOn() {
    let first = Clock.monotonicNanoseconds
    #expect(Clock.monotonicNanoseconds >= first)
  }

  @Test func timeCanBeSet() async {
    await #expect(processExitsWith: .success) {
      setenv("SOURCE_DATE_EPOCH", "1700000000", 1)
      #expect(Clock.secondsSince1970 == 1_700_000_000)
      setenv("SOURCE_DATE_EPOCH", "yesterday", 1)
      #expect(Clock.secondsSince1970 > 1_700_000_000)
    }
  }
}
