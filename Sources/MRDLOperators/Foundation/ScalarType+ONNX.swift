package import MRDLCore

extension ScalarType {
  /// The type with the given number among ONNX's data types, or nil for one that is no type of numbers.
  package init?(onnxCode: Int) {
    guard let type = Self.allCases.first(where: { $0.onnxCode == onnxCode }) else { return nil }
    self = type
  }

  /// The number among ONNX's data types, or nil for a type that ONNX lacks.
  package var onnxCode: Int? {
    switch self {
    case .float32: 1
    case .uint8: 2
    case .int8: 3
    case .uint16: 4
    case .int16: 5
    case .int32: 6
    case .int64: 7
    case .bool: 9
    case .float16: 10
    case .float64: 11
    case .uint32: 12
    case .uint64: 13
    case .bfloat16: 16
    case .float8E4M3FN: 17
    case .float8E4M3FNUZ: 18
    case .float8E5M2: 19
    case .float8E5M2FNUZ: 20
    case .uint4: 21
    case .int4: 22
    case .float4E2M1: 23
    case .float8E8M0: 24
    case .uint2: 25
    case .int2: 26
    case .bit: nil
    }
  }
}
