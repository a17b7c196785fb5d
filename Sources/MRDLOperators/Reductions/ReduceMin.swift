public import MRDLCore

/// ONNX ReduceMin: the smallest; NaN wins of all elements along some axes.
public struct ReduceMin: FoldedReduction {
  public static let name = "ReduceMin"
  package static let fold = ReductionFold.minimum
  package static var scalarTypes: Set<ScalarType> { Set.arithmetic.union([.bool]) }

  package let options: ReductionOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try ReductionOptions(&attributes)
  }
}
