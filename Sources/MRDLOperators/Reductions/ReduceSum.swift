public import MRDLCore
package import MRDLNumerics

/// ONNX ReduceSum: the sum along some axes; 0 for no elements.
///
/// Inputs, attributes and output as `ReductionOperator` tells.
public struct ReduceSum: ReductionOperator {
  public static let name = "ReduceSum"
  package static let kind = Reduction.Kind.sum
  package static let scalarTypes: Set<ScalarType> = .floats.union([
    .int32, .int64, .uint32, .uint64,
  ])

  package let options: ReductionOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try ReductionOptions(&attributes)
  }
}
