public import MRDLCore
package import MRDLNumerics

/// ONNX ReduceMax: the largest number along some axes; NaN wins, and no elements give the lowest number.
///
/// Inputs, attributes and output as `ReductionOperator` tells.
public struct ReduceMax: ReductionOperator {
  public static let name = "ReduceMax"
  package static let kind = Reduction.Kind.maximum
  package static let scalarTypes: Set<ScalarType> = .floats.union([
    .int8, .int32, .int64, .uint8, .uint32, .uint64, .bool,
  ])

  package let options: ReductionOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try ReductionOptions(&attributes)
  }
}
