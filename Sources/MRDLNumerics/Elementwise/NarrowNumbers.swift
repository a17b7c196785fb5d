package import MRDLCore

/// The numbers of a type of eight bits or fewer that no processor computes with: real ones of 8 and 4 bits,
/// whole ones of 4 and 2, several to a byte with the first in the lowest bits.
///
/// They are read and written as `Double`, which holds all of them exactly.
package struct NarrowNumbers: Sendable {
  /// What a number becomes that lies between two or outside all of them.
  package enum Rounding: String, Sendable, CaseIterable {
    /// Away from zero; of powers of two the next one.
    case up
    /// Towards zero.
    case down
    /// To the nearest, halves upwards.
    case nearest
  }

  private enum Format: Sendable {
    /// A sign, an exponent and a fraction; `largest` is the code of the largest number without its sign.
    case real(fractionBits: Int, bias: Int, largest: UInt8, infinity: UInt8?, nan: UInt8?)
    /// Like the others, but there is no negative zero: its code is NaN.
    case unsignedZero(fractionBits: Int, bias: Int)
    /// A power of two, from 2⁻¹²⁷ to 2¹²⁷.
    case power
    case whole(ClosedRange<Int>)
  }

  /// Bits of a number.
  package let bitWidth: Int
  private let format: Format
  /// The number of each code.
  private let values: [Double]

  /// nil for a type that processors know.
  package init?(_ type: ScalarType) {
    switch type {
    case .float8E4M3FN:
      format = .real(fractionBits: 3, bias: 7, largest: 0x7E, infinity: nil, nan: 0x7F)
    case .float8E5M2:
      format = .real(fractionBits: 2, bias: 15, largest: 0x7B, infinity: 0x7C, nan: 0x7E)
    case .float4E2M1: format = .real(fractionBits: 1, bias: 1, largest: 7, infinity: nil, nan: nil)
    case .float8E4M3FNUZ: format = .unsignedZero(fractionBits: 3, bias: 8)
    case .float8E5M2FNUZ: format = .unsignedZero(fractionBits: 2, bias: 16)
    case .float8E8M0: format = .power
    case .int4: format = .whole(-8...7)
    case .uint4: format = .whole(0...15)
    case .int2: format = .whole(-2...1)
    case .uint2: format = .whole(0...3)
    default: return nil
    }
    bitWidth = type.bitWidth
    let width = type.bitWidth
    let format = format
    values = (0..<(1 << width)).map { Self.value(of: $0, format, bitWidth: width) }
  }

  private static func value(of code: Int, _ format: Format, bitWidth: Int) -> Double {
    let sign = code >> (bitWidth - 1)
    let magnitude = code & ((1 << (bitWidth - 1)) - 1)
    switch format {
    case .whole(let range): return Double(code > range.upperBound ? code - (1 << bitWidth) : code)
    case .power:
      return code == 0xFF ? .nan : Double(sign: .plus, exponent: code - 127, significand: 1)
    case .real(let fractionBits, let bias, let largest, let infinity, _):
      if magnitude > Int(largest) {
        guard magnitude == infinity.map({ Int($0) }) else { return .nan }
        return sign == 1 ? -.infinity : .infinity
      }
      return real(magnitude, sign, fractionBits, bias)
    case .unsignedZero(let fractionBits, let bias):
      return sign == 1 && magnitude == 0 ? .nan : real(magnitude, sign, fractionBits, bias)
    }
  }

  private static func real(
    _ magnitude: Int, _ sign: Int, _ fractionBits: Int, _ bias: Int
  ) -> Double {
    let exponent = magnitude >> fractionBits
    let fraction = magnitude & ((1 << fractionBits) - 1)
    let unit = Double(sign: .plus, exponent: max(exponent, 1) - bias - fractionBits, significand: 1)
    let value = Double(exponent == 0 ? fraction : fraction + (1 << fractionBits)) * unit
    return sign == 1 ? -value : value
  }

  // MARK: Many numbers

  /// Reads numbers, `count` of them from the number `first` on.
  package func read(
    _ source: UnsafeRawPointer, from first: Int, count: Int,
    to target: UnsafeMutablePointer<Double>
  ) {
    let bytes = source.assumingMemoryBound(to: UInt8.self)
    for index in 0..<count { target[index] = values[code(bytes, first + index)] }
  }

  /// Reads whole numbers.
  ///
  /// - Precondition: the type is one of whole numbers.
  package func readWhole(
    _ source: UnsafeRawPointer, from first: Int, count: Int, to target: UnsafeMutablePointer<Int64>
  ) {
    let bytes = source.assumingMemoryBound(to: UInt8.self)
    for index in 0..<count { target[index] = Int64(values[code(bytes, first + index)]) }
  }

  /// Writes the nearest numbers; real ones to the even one of two that are as near.
  ///
  /// - Parameters:
  ///   - saturates: whether a number beyond the largest becomes the largest, rather than infinity or NaN.
  ///   - rounding: of powers of two alone.
  package func write(
    _ source: UnsafePointer<Double>, count: Int, to target: UnsafeMutableRawPointer,
    from first: Int, saturates: Bool = true, rounding: Rounding = .up
  ) {
    let bytes = target.assumingMemoryBound(to: UInt8.self)
    for index in 0..<count {
      set(bytes, first + index, code(of: source[index], saturates: saturates, rounding: rounding))
    }
  }

  /// Writes the lowest bits of whole numbers.
  ///
  /// - Precondition: the type is one of whole numbers.
  package func writeLowestBits(
    _ source: UnsafePointer<Int64>, count: Int, to target: UnsafeMutableRawPointer, from first: Int
  ) {
    let bytes = target.assumingMemoryBound(to: UInt8.self)
    for index in 0..<count {
      set(bytes, first + index, UInt8(truncatingIfNeeded: source[index]) & mask)
    }
  }

  private var mask: UInt8 { UInt8((1 << bitWidth) - 1) }

  @inline(__always)
  private func code(_ bytes: UnsafePointer<UInt8>, _ index: Int) -> Int {
    let bit = index * bitWidth
    return Int(bytes[bit >> 3] >> UInt8(bit & 7) & mask)
  }

  @inline(__always)
  private func set(_ bytes: UnsafeMutablePointer<UInt8>, _ index: Int, _ code: UInt8) {
    let bit = index * bitWidth
    let shift = UInt8(bit & 7)
    // The first number of a byte clears the rest of it.
    let kept = shift == 0 ? 0 : bytes[bit >> 3] & ~(mask << shift)
    bytes[bit >> 3] = kept | code << shift
  }

  // MARK: Codes

  private func code(of value: Double, saturates: Bool, rounding: Rounding) -> UInt8 {
    switch format {
    case .whole(let range):
      let whole = value.isNaN ? 0 : value.rounded(.towardZero)
      let bounded = min(max(whole, Double(range.lowerBound)), Double(range.upperBound))
      return UInt8(truncatingIfNeeded: Int(bounded)) & mask
    case .power: return power(value, saturates, rounding)
    case .real(let fractionBits, let bias, let largest, let infinity, let nan):
      let sign: UInt8 = value.sign == .minus ? 1 << UInt8(bitWidth - 1) : 0
      if value.isNaN {
        // Where there is no NaN, it is the negative zero.
        return nan.map { $0 | sign } ?? 1 << UInt8(bitWidth - 1)
      }
      let magnitude = Self.magnitude(value, fractionBits, bias)
      if magnitude <= Int(largest) { return sign | UInt8(magnitude) }
      return sign | (saturates ? largest : infinity ?? nan ?? largest)
    case .unsignedZero(let fractionBits, let bias):
      if value.isNaN { return 0x80 }
      let magnitude = Self.magnitude(value, fractionBits, bias)
      if magnitude > 0x7F && !saturates { return 0x80 }
      let sign: UInt8 = value.sign == .minus && magnitude > 0 ? 0x80 : 0
      return sign | UInt8(min(magnitude, 0x7F))
    }
  }

  /// Exponent and fraction of the nearest number, as if there were exponents without end.
  private static func magnitude(_ value: Double, _ fractionBits: Int, _ bias: Int) -> Int {
    guard value != 0 else { return 0 }
    guard value.isFinite else { return .max }
    let exponent = max(Int(value.exponent), 1 - bias)
    let unit = Double(sign: .plus, exponent: exponent - fractionBits, significand: 1)
    let fraction = Int((abs(value) / unit).rounded(.toNearestOrEven))
    // A fraction that is rounded up to the next power of two carries into the exponent by itself.
    return (exponent + bias - 1) * (1 << fractionBits) + fraction
  }

  private func power(_ value: Double, _ saturates: Bool, _ rounding: Rounding) -> UInt8 {
    if value.isNaN { return 0xFF }
    let size = abs(value)
    guard size.isFinite else { return saturates ? 0xFE : 0xFF }
    guard size > 0 else { return saturates ? 0 : 0xFF }
    var exponent = Int(size.exponent)
    switch rounding {
    case .up where size.significand > 1: exponent += 1
    case .nearest where size.significand >= 1.5: exponent += 1
    default: break
    }
    let code = exponent + 127
    if (0...0xFE).contains(code) { return UInt8(code) }
    return saturates ? (code < 0 ? 0 : 0xFE) : 0xFF
  }
}
