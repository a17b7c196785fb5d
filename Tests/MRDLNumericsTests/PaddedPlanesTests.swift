import MRDLNumerics
import Testing

/// Which windows get padded planes.
struct PaddedPlanesTests {
  @Test func planesThatAreNearlyAllPaddingAreRefused() {
    // Two rows that a window sees at once, or far apart with padding between.
    func planes(dilation: Int) -> PaddedPlanes? {
      let c = WindowCase(
        "dilated", input: [2, 8], kernel: [2, 1], dilations: [dilation, 1], begin: [dilation, 0],
        end: [0, 0])
      return PaddedPlanes(c.window)
    }
    #expect(planes(dilation: 1)?.volume == 24)
    #expect(planes(dilation: 8_000) != nil)
    #expect(planes(dilation: 100_000) == nil)
    #expect(planes(dilation: .max / 16) == nil)
    #expect(planes(dilation: .max / 4) == nil)
  }

  @Test func largePlanesWithLittlePaddingAreTaken() {
    let c = WindowCase("large", input: [400, 400], kernel: [3, 3], begin: [1, 1])
    #expect(PaddedPlanes(c.window)?.volume == 402 * 402)
  }
}
