import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct CastTests {
  static let codes: [ScalarType: Int64] = [
    .float32: 1, .uint8: 2, .int8: 3, .uint16: 4, .int16: 5, .int32: 6, .int64: 7, .bool: 9,
    .float16: 10, .float64: 11, .uint32: 12, .uint64: 13, .bfloat16: 16,
  ]

  private func cast(_ tensor: Tensor, to type: ScalarType) throws -> Tensor {
    let code = try #require(Self.codes[type])
    return try run("Cast", ["to": .integer(code)], [tensor])[0]
  }

  /// Small numbers, which every type holds: more than one stretch of them.
  @Test(arguments: computableTypes, computableTypes)
  func everyPair(from source: ScalarType, to target: ScalarType) throws {
    let x = ReferenceArray([300], (0..<300).map { Double($0 % 100) })
    let expected =
      source == .bool || target == .bool
      ? ReferenceArray([300], x.values.map { $0 == 0 ? 0 : 1 }) : x
    let found = try cast(Tensor(x, source), to: target)
    #expect(found.scalarType == target)
    expect(found, is: expected)
    if target == .bool { #expect(found.bytes.allSatisfy { $0 <= 1 }) }
  }

  @Test func realToWhole() throws {
    let x = Tensor([Float.nan, -.infinity, .infinity, -1.9, 1.9, 300, -300, 0.5])
    #expect(try cast(x, to: .int8).elements(as: Int8.self) == [0, -128, 127, -1, 1, 127, -128, 0])
    #expect(try cast(x, to: .uint8).elements(as: UInt8.self) == [0, 0, 255, 0, 1, 255, 0, 0])
    #expect(
      try cast(Tensor([1e30, -1e30, 9.3e18]), to: .int64).elements(as: Int64.self)
        == [.max, .min, .max])
    #expect(
      try cast(x, to: .bool).elements(as: Bool.self)
        == [true, true, true, true, true, true, true, true])
  }

  @Test func wholeToWhole() throws {
    let x = Tensor([Int64(-1), 256, 511, .min])
    #expect(try cast(x, to: .uint8).elements(as: UInt8.self) == [255, 0, 255, 0])
    #expect(try cast(x, to: .uint64).elements(as: UInt64.self) == [.max, 256, 511, 1 << 63])
    #expect(try cast(x, to: .bool).elements(as: Bool.self) == [true, true, true, true])
    let large = Tensor([UInt64.max, 1 << 63])
    #expect(try cast(large, to: .float64).elements(as: Double.self) == [0x1p64, 0x1p63])
    #expect(try cast(large, to: .int32).elements(as: Int32.self) == [-1, 0])
  }

  /// Halfway between two numbers of 16 bits and a little above: rounding by way of float32 would lose
  /// the little.
  @Test func doublesAreRoundedOnce() throws {
    let x = Tensor([1 + 0x1p-11, 1 + 0x1p-11 + 0x1p-40, 1 + 0x1p-8 + 0x1p-40, 1 + 0x1p-8])
    #expect(
      try cast(x, to: .float16).elements(as: Half.self).prefix(2).map(\.float) == [1, 1 + 0x1p-10])
    #expect(
      try cast(x, to: .bfloat16).elements(as: BFloat16.self).suffix(2).map(\.float)
        == [1 + 0x1p-7, 1])
    #expect(try cast(Tensor([1e300, -1e300]), to: .float16).numbers == [.infinity, -.infinity])
  }

  @Test func inference() throws {
    let facts = try infer("Cast", ["to": .integer(7)], [ValueFacts(.float32, ["N", 3])])[0]
    #expect(facts.scalarType == .int64 && facts.shape == ["N", 3])
    expectError(.badAttribute) { try makeOperator("Cast") }
    expectError(.badAttribute) { try makeOperator("Cast", ["to": .integer(8)]) }
  }

  /// Numbers of eight bits, and of four, two to a byte.
  @Test func narrowNumbers() throws {
    let x = Tensor([Float(1), 448, 1000, -0.3])
    let byte = try run("Cast", ["to": .integer(17)], [x])[0]
    #expect(byte.scalarType == .float8E4M3FN && byte.bytes == [0x38, 0x7E, 0x7E, 0xAA])
    #expect(
      try run("Cast", ["to": .integer(17), "saturate": .integer(0)], [x])[0].bytes
        == [0x38, 0x7E, 0x7F, 0xAA])
    #expect(try cast(byte, to: .float32).elements(as: Float.self) == [1, 448, 448, -0.3125])
    let four = try run("Cast", ["to": .integer(22)], [Tensor([Float(-8), 3, 7.9])])[0]
    #expect(four.scalarType == .int4 && four.bytes == [0x38, 0x07])
    #expect(try cast(four, to: .int64).elements(as: Int64.self) == [-8, 3, 7])
    // The lowest bits, as ONNX's own tests have it.
    let wrapped = try run("Cast", ["to": .integer(22)], [Tensor([Float(8), -9])])[0]
    #expect(try cast(wrapped, to: .int64).elements(as: Int64.self) == [-8, 7])
  }

  @Test func codesAreThoseOfONNX() {
    for type in ScalarType.allCases {
      guard let code = type.onnxCode else { continue }
      #expect(ScalarType(onnxCode: code) == type)
      if let known = Self.codes[type] { #expect(known == Int64(code)) }
    }
  }
}
