internal import MRDLCore

/// What an update does to the element that it meets.
enum ScatterReduction: String, CaseIterable, Sendable {
  case none
  case add
  case mul
  case max
  case min

  @inline(__always)
  func combine<Number: WrappingNumber>(_ old: Number, _ update: Number) -> Number {
    switch self {
    case .none: update
    case .add: old.adding(update)
    case .mul: old.multiplied(by: update)
    case .max: old > update || old.isNotANumber ? old : update
    case .min: old < update || old.isNotANumber ? old : update
    }
  }

  /// The type that updates are computed in: bits alone where nothing is computed.
  func type(_ request: KernelRequest) throws(MRDLError) -> ScalarType {
    let type = request.inputType(0)
    if self != .none, type.hasNumbers { return type }
    guard self == .none else { throw request.unsupportedType(type) }
    switch try request.elementByteCount(0) {
    case 1: return .uint8
    case 2: return .uint16
    case 4: return .uint32
    default: return .uint64
    }
  }
}
