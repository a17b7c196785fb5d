import MRDLCore
import MRDLNumerics
import Testing

struct NarrowNumbersTests {
  static let types: [ScalarType] = [
    .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float8E8M0, .float4E2M1, .int4,
    .uint4, .int2, .uint2,
  ]

  /// The number of each code of a type.
  private func values(_ type: ScalarType) throws -> [Double] {
    let numbers = try #require(NarrowNumbers(type))
    let count = 1 << numbers.bitWidth
    // Codes side by side, the first in the lowest bits.
    var bytes = [UInt8](repeating: 0, count: (count * numbers.bitWidth + 7) / 8)
    for code in 0..<count {
      bytes[code * numbers.bitWidth / 8] |= UInt8(code << (code * numbers.bitWidth % 8) & 0xFF)
    }
    var result = [Double](repeating: 0, count: count)
    numbers.read(bytes, from: 0, count: count, to: &result)
    return result
  }

  private func written(
    _ values: [Double], _ type: ScalarType, saturates: Bool = true,
    rounding: NarrowNumbers.Rounding = .up
  ) throws -> [UInt8] {
    let numbers = try #require(NarrowNumbers(type))
    var bytes = [UInt8](repeating: 0xFF, count: (values.count * numbers.bitWidth + 7) / 8)
    numbers.write(
      values, count: values.count, to: &bytes, from: 0, saturates: saturates, rounding: rounding)
    return (0..<values.count).map { index in
      let bit = index * numbers.bitWidth
      return bytes[bit / 8] >> UInt8(bit % 8) & UInt8((1 << numbers.bitWidth) - 1)
    }
  }

  /// Every number is written as the code that it was read from.
  @Test(arguments: types) func everyCode(_ type: ScalarType) throws {
    let values = try values(type)
    let codes = try written(values, type)
    // Where numbers saturate, infinity is one that does.
    let unbounded = try written(values, type, saturates: false)
    for (code, value) in values.enumerated() where !value.isNaN {
      #expect(Int(unbounded[code]) == code, "\(type.rawValue): \(value)")
      if value.isFinite { #expect(Int(codes[code]) == code, "\(type.rawValue): \(value)") }
    }
    // NaN stays NaN.
    let numbers = try #require(NarrowNumbers(type))
    for code in values.indices where values[code].isNaN {
      var byte = codes[code]
      var back = 0.0
      numbers.read(&byte, from: 0, count: 1, to: &back)
      #expect(back.isNaN)
    }
  }

  /// The tables of the OCP specification of 8-bit numbers and of ONNX.
  @Test func knownNumbers() throws {
    #expect(
      try values(.float4E2M1)
        == [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])
    #expect(try values(.int4) == [0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1])
    #expect(try values(.int2) == [0, 1, -2, -1])
    let e4m3 = try values(.float8E4M3FN)
    #expect(e4m3[0x7E] == 448 && e4m3[0x01] == 0x1p-9 && e4m3[0x38] == 1 && e4m3[0x7F].isNaN)
    let e5m2 = try values(.float8E5M2)
    #expect(e5m2[0x7B] == 57344 && e5m2[0x01] == 0x1p-16 && e5m2[0xFC] == -.infinity)
    let unsigned = try values(.float8E4M3FNUZ)
    #expect(unsigned[0x7F] == 240 && unsigned[0x80].isNaN && unsigned[0x01] == 0x1p-10)
    let powers = try values(.float8E8M0)
    #expect(powers[0] == 0x1p-127 && powers[127] == 1 && powers[254] == 0x1p127)
  }

  /// Halfway between two numbers the even code is taken, and nothing else moves a number past its neighbours.
  @Test(arguments: types.filter { $0.isFloatingPoint && $0 != .float8E8M0 })
  func nearest(_ type: ScalarType) throws {
    let values = try values(type)
    let half = values.count / 2
    for code in 0..<(half - 1) where values[code + 1].isFinite {
      let middle = (values[code] + values[code + 1]) / 2
      let below = try written([middle.nextDown, middle, middle.nextUp], type).map { Int($0) }
      #expect(below == [code, code % 2 == 0 ? code : code + 1, code + 1])
    }
  }

  @Test func beyondTheLargest() throws {
    #expect(try written([1e9, -1e9, .infinity], .float8E4M3FN) == [0x7E, 0xFE, 0x7E])
    #expect(try written([1e9, .infinity], .float8E4M3FN, saturates: false) == [0x7F, 0x7F])
    #expect(try written([1e9, -1e9], .float8E5M2) == [0x7B, 0xFB])
    #expect(try written([1e9, -1e9], .float8E5M2, saturates: false) == [0x7C, 0xFC])
    #expect(try written([1e9, .nan], .float8E5M2FNUZ, saturates: false) == [0x80, 0x80])
    #expect(try written([9, -9, .nan], .int4) == [7, 8, 0])
  }

  @Test func powersOfTwo() throws {
    let x = [1.0, 1.25, 1.5, 2, 0]
    #expect(try written(x, .float8E8M0, rounding: .up) == [127, 128, 128, 128, 0])
    #expect(try written(x, .float8E8M0, rounding: .down) == [127, 127, 127, 128, 0])
    #expect(try written(x, .float8E8M0, rounding: .nearest) == [127, 127, 128, 128, 0])
  }
}
