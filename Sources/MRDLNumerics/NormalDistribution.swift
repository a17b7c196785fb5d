/// The standard normal distribution.
package enum NormalDistribution {
  /// The value that a standard normal variable stays below with the given probability: Wichura's
  /// algorithm AS 241 (PPND16, 1988), about 16 digits.
  ///
  /// - Precondition: the probability lies between 0 and 1, both excluded.
  package static func quantile(_ probability: Double) -> Double {
    precondition(probability > 0 && probability < 1, "\(probability) is no probability inside 0…1")
    let centred = probability - 0.5
    if abs(centred) <= 0.425 {
      let x = 0.180625 - centred * centred
      return centred * ratio(x, middleNumerator, middleDenominator)
    }
    let x = (-naturalLogarithm(centred < 0 ? probability : 1 - probability)).squareRoot()
    let magnitude =
      x <= 5
      ? ratio(x - 1.6, nearNumerator, nearDenominator)
      : ratio(x - 5, farNumerator, farDenominator)
    return centred < 0 ? -magnitude : magnitude
  }

  /// The natural logarithm by exact arithmetic alone, the same on every machine; about 16 digits.
  ///
  /// - Precondition: `x` is positive, finite and normal.
  static func naturalLogarithm(_ x: Double) -> Double {
    var exponent = Double(x.exponent)
    var significand = x.significand
    if significand > 1.414_213_562_373_095 {
      significand /= 2
      exponent += 1
    }
    // log m = 2 artanh s with s = (m − 1) / (m + 1), of which |s| is below 0.172.
    let s = (significand - 1) / (significand + 1)
    let square = s * s
    var sum = 0.0
    for power in stride(from: 21, through: 1, by: -2) { sum = sum * square + 1 / Double(power) }
    return exponent * 0x1.62e42fefa39efp-1 + 2 * s * sum
  }

  private static func ratio(
    _ x: Double, _ numerator: [Double], _ denominator: [Double]
  ) -> Double {
    polynomial(x, numerator) / polynomial(x, denominator)
  }

  private static func polynomial(_ x: Double, _ coefficients: [Double]) -> Double {
    coefficients.reversed().reduce(0) { $0 * x + $1 }
  }

  private static let middleNumerator = [
    3.387_132_872_796_366_608_0, 133.141_667_891_784_377_45, 1971.590_950_306_551_442_7,
    13_731.693_765_509_461_125, 45_921.953_931_549_871_457, 67_265.770_927_008_700_853,
    33_430.575_583_588_128_105, 2509.080_928_730_122_672_7,
  ]
  private static let middleDenominator = [
    1, 42.313_330_701_600_911_252, 687.187_007_492_057_908_30, 5394.196_021_424_751_107_7,
    21_213.794_301_586_595_867, 39_307.895_800_092_710_610, 28_729.085_735_721_942_674,
    5226.495_278_852_854_561_0,
  ]
  private static let nearNumerator = [
    1.423_437_110_749_683_577_34, 4.630_337_846_156_545_295_90, 5.769_497_221_460_691_405_50,
    3.647_848_324_763_204_605_04, 1.270_458_252_452_368_382_58, 0.241_780_725_177_450_611_770,
    0.022_723_844_989_269_184_583_3, 7.745_450_142_783_414_076_40e-4,
  ]
  private static let nearDenominator = [
    1, 2.053_191_626_637_758_821_87, 1.676_384_830_183_803_849_40, 0.689_767_334_985_100_004_550,
    0.148_103_976_427_480_074_590, 0.015_198_666_563_616_457_196_6,
    5.475_938_084_995_344_946_00e-4, 1.050_750_071_644_416_843_24e-9,
  ]
  private static let farNumerator = [
    6.657_904_643_501_103_777_20, 5.463_784_911_164_114_369_90, 1.784_826_539_917_291_335_80,
    0.296_560_571_828_504_891_230, 0.026_532_189_526_576_123_093_0,
    1.242_660_947_388_078_438_60e-3, 2.711_555_568_743_487_578_15e-5,
    2.010_334_399_292_288_132_65e-7,
  ]
  private static let farDenominator = [
    1, 0.599_832_206_555_887_937_690, 0.136_929_880_922_735_805_310,
    0.014_875_361_290_850_614_852_5, 7.868_691_311_456_132_591_00e-4,
    1.846_318_317_510_054_681_80e-5, 1.421_511_758_316_445_888_70e-7,
    2.044_263_103_389_939_785_64e-15,
  ]
}
