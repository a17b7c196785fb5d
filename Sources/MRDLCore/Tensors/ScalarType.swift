/// The type of the elements of a tensor.
///
/// The raw value is the name in headers, recipes and JSON output. The types after `bool` are
/// stored, listed, verified, moved and converted, but not computed with.
public enum ScalarType: String, Sendable, Hashable, CaseIterable {
  case float64 = "f64"
  case float32 = "f32"
  case float16 = "f16"
  case bfloat16 = "bf16"
  case int8 = "i8"
  case int16 = "i16"
  case int32 = "i32"
  case int64 = "i64"
  case uint8 = "u8"
  case uint16 = "u16"
  case uint32 = "u32"
  case uint64 = "u64"
  case bool = "bool"
  case float8E4M3FN = "f8e4m3fn"
  case float8E4M3FNUZ = "f8e4m3fnuz"
  case float8E5M2 = "f8e5m2"
  case float8E5M2FNUZ = "f8e5m2fnuz"
  case float8E8M0 = "f8e8m0"
  case float4E2M1 = "f4e2m1"
  case int4 = "i4"
  case uint4 = "u4"
  case int2 = "i2"
  case uint2 = "u2"
  case bit = "b1"

  /// Bits of one element; types below 8 bits are packed with the first element in the lowest bits.
  public var bitWidth: Int {
    switch self {
    case .float64, .int64, .uint64: 64
    case .float32, .int32, .uint32: 32
    case .float16, .bfloat16, .int16, .uint16: 16
    case .int8, .uint8, .bool, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ,
      .float8E8M0:
      8
    case .float4E2M1, .int4, .uint4: 4
    case .int2, .uint2: 2
    case .bit: 1
    }
  }

  /// Bytes of one element, or nil for a type below 8 bits.
  public var elementByteCount: Int? { bitWidth >= 8 ? bitWidth / 8 : nil }

  /// The bytes that `elementCount` elements take, or nil where that cannot be represented.
  public func byteCount(elementCount: Int) -> Int? {
    if let elementByteCount { return elementCount.multipliedChecked(by: elementByteCount) }
    return elementCount.multipliedChecked(by: bitWidth)?.addingChecked(7).map { $0 / 8 }
  }

  /// Whether this release can compute with the type.
  public var isComputable: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16, .int8, .int16, .int32, .int64, .uint8, .uint16,
      .uint32, .uint64, .bool:
      true
    default: false
    }
  }

  /// Whether the type holds real numbers.
  public var isFloatingPoint: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2,
      .float8E5M2FNUZ, .float8E8M0, .float4E2M1:
      true
    default: false
    }
  }

  /// Whether the type holds whole numbers.
  public var isInteger: Bool { !isFloatingPoint && self != .bool && self != .bit }
}
