internal import MRDLCore

/// A type of numbers in which kernels compute whatever it is; whole numbers wrap around.
protocol WrappingNumber: TensorElement, Comparable {
  static var zero: Self { get }
  static var one: Self { get }
  func adding(_ other: Self) -> Self
  func subtracting(_ other: Self) -> Self
  func multiplied(by other: Self) -> Self
  /// The number as a real one.
  var real: Double { get }
  /// The nearest number of the type; a whole one is cut off.
  init(nearest value: Double)
  /// Whether the number is not a number.
  var isNotANumber: Bool { get }
}

extension WrappingNumber where Self: FixedWidthInteger {
  static var zero: Self { 0 }
  static var one: Self { 1 }
  func adding(_ other: Self) -> Self { self &+ other }
  func subtracting(_ other: Self) -> Self { self &- other }
  func multiplied(by other: Self) -> Self { self &* other }
  var real: Double { Double(self) }
  init(nearest value: Double) {
    let whole = value.rounded(.towardZero)
    self = Self(exactly: whole) ?? (value.isNaN ? 0 : value < 0 ? .min : .max)
  }
  var isNotANumber: Bool { false }
}

extension WrappingNumber where Self: BinaryFloatingPoint {
  static var zero: Self { 0 }
  static var one: Self { 1 }
  func adding(_ other: Self) -> Self { self + other }
  func subtracting(_ other: Self) -> Self { self - other }
  func multiplied(by other: Self) -> Self { self * other }
  var real: Double { Double(self) }
  init(nearest value: Double) { self = Self(value) }
  var isNotANumber: Bool { isNaN }
}

extension Float: WrappingNumber {}
extension Double: WrappingNumber {}
extension Int8: WrappingNumber {}
extension Int16: WrappingNumber {}
extension Int32: WrappingNumber {}
extension Int64: WrappingNumber {}
extension UInt8: WrappingNumber {}
extension UInt16: WrappingNumber {}
extension UInt32: WrappingNumber {}
extension UInt64: WrappingNumber {}

/// Code that is written once for all types of numbers.
protocol NumberVisitor {
  func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError)
}

extension ScalarType {
  /// Whether `accept` knows the type.
  var hasNumbers: Bool { Set.numbers.contains(self) }

  /// Calls a visitor with the Swift type of the elements; truth values are bytes.
  func accept(_ visitor: some NumberVisitor) throws(MRDLError) {
    switch self {
    case .float32: try visitor.visit(Float.self)
    case .float64: try visitor.visit(Double.self)
    case .int8: try visitor.visit(Int8.self)
    case .int16: try visitor.visit(Int16.self)
    case .int32: try visitor.visit(Int32.self)
    case .int64: try visitor.visit(Int64.self)
    case .uint16: try visitor.visit(UInt16.self)
    case .uint32: try visitor.visit(UInt32.self)
    case .uint64: try visitor.visit(UInt64.self)
    default: try visitor.visit(UInt8.self)
    }
  }
}
