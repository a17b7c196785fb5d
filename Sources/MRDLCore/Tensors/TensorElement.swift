/// A Swift type whose values are the elements of a tensor.
public protocol TensorElement: BitwiseCopyable, Sendable {
  static var scalarType: ScalarType { get }
}

extension Double: TensorElement { public static var scalarType: ScalarType { .float64 } }
extension Float: TensorElement { public static var scalarType: ScalarType { .float32 } }
extension Int8: TensorElement { public static var scalarType: ScalarType { .int8 } }
extension Int16: TensorElement { public static var scalarType: ScalarType { .int16 } }
extension Int32: TensorElement { public static var scalarType: ScalarType { .int32 } }
extension Int64: TensorElement { public static var scalarType: ScalarType { .int64 } }
extension UInt8: TensorElement { public static var scalarType: ScalarType { .uint8 } }
extension UInt16: TensorElement { public static var scalarType: ScalarType { .uint16 } }
extension UInt32: TensorElement { public static var scalarType: ScalarType { .uint32 } }
extension UInt64: TensorElement { public static var scalarType: ScalarType { .uint64 } }
extension Bool: TensorElement { public static var scalarType: ScalarType { .bool } }
extension Half: TensorElement { public static var scalarType: ScalarType { .float16 } }
extension BFloat16: TensorElement { public static var scalarType: ScalarType { .bfloat16 } }

/// An IEEE 754 binary16 number, as stored; computing converts to `Float`.
///
/// It stands in for `Float16`, which not every platform of this package has.
public struct Half: Sendable, Hashable, BitwiseCopyable {
  public var bitPattern: UInt16

  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// The nearest value, ties to even; NaN stays NaN.
  @inlinable
  public init(_ value: Float) {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
    let magnitude = bits & 0x7FFF_FFFF
    if magnitude >= 0x7F80_0000 {
      let payload: UInt16 = magnitude > 0x7F80_0000 ? 0x0200 : 0
      bitPattern = sign | 0x7C00 | payload
    } else if magnitude >= 0x4780_0000 {
      bitPattern = sign | 0x7C00
    } else if magnitude < 0x3880_0000 {
      // Below the smallest normal number: scale so that the units of binary16 become integers.
      let scaled = Float(bitPattern: magnitude) * 16_777_216
      bitPattern = sign | UInt16(scaled.rounded(.toNearestOrEven))
    } else {
      let rounded = magnitude + 0x0FFF + ((magnitude >> 13) & 1)
      bitPattern = sign | UInt16(truncatingIfNeeded: (rounded - 0x3800_0000) >> 13)
    }
  }

  /// The value, exactly.
  @inlinable
  public var float: Float {
    let sign = UInt32(bitPattern & 0x8000) << 16
    let magnitude = UInt32(bitPattern & 0x7FFF)
    // The same bits as a binary32 number are 2^112 times too small, below the smallest normal one too.
    let scaled = (Float(bitPattern: magnitude << 13) * 0x1p112).bitPattern
    let special = 0x7F80_0000 | (magnitude & 0x3FF) << 13
    return Float(bitPattern: sign | (magnitude >= 0x7C00 ? special : scaled))
  }
}

/// The upper half of a binary32 number, as stored; computing converts to `Float`.
public struct BFloat16: Sendable, Hashable, BitwiseCopyable {
  public var bitPattern: UInt16

  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// The nearest value, ties to even; NaN stays NaN.
  @inlinable
  public init(_ value: Float) {
    let bits = value.bitPattern
    if value.isNaN {
      bitPattern = UInt16(truncatingIfNeeded: bits >> 16) | 0x0040
    } else {
      bitPattern = UInt16(truncatingIfNeeded: (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16)
    }
  }

  /// The value, exactly.
  @inlinable
  public var float: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
}
