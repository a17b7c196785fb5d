package import MRDLCore

/// How the weights of a model are stored.
package enum WeightType: String, Sendable, CaseIterable {
  case f32
  case f16
  case bf16
  case i8

  /// The scalar type of the stored weights.
  package var scalarType: ScalarType {
    switch self {
    case .f32: .float32
    case .f16: .float16
    case .bf16: .bfloat16
    case .i8: .int8
    }
  }
}
