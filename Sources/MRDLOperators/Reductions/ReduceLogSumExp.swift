public import MRDLCore

/// ONNX ReduceLogSumExp: the logarithm of the sum of the exponentials of all elements along some axes.
public struct ReduceLogSumExp: FoldedReduction {
  public static let name = "ReduceLogSumExp"
  package static let fold = ReductionFold.logSumExp

  package let options: ReductionOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try ReductionOptions(&attributes)
  }
}
