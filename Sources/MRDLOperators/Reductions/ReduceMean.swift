public import MRDLCore
package import MRDLNumerics

/// ONNX ReduceMean: the mean along some axes; a mean of whole numbers is cut off towards zero.
///
/// Inputs, attributes and output as `ReductionOperator` tells.
public struct ReduceMean: ReductionOperator {
  public static let name = "ReduceMean"
  package static let kind = Reduction.Kind.mean
  package static let scalarTypes: Set<ScalarType> = .floats.union([
    .int32, .int64, .uint32, .uint64,
  ])

  package let options: ReductionOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try ReductionOptions(&attributes)
  }
}
