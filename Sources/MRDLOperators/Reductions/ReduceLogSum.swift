public import MRDLCore

/// ONNX ReduceLogSum: the logarithm of the sum of all elements along some axes.
public struct ReduceLogSum: FoldedReduction {
  public static let name = "ReduceLogSum"
  package static let fold = ReductionFold.logSum

  package let options: ReductionOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try ReductionOptions(&attributes)
  }
}
