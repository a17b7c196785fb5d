public import MRDLCore

/// ONNX ReduceL1: the sum of the magnitudes of all elements along some axes.
public struct ReduceL1: FoldedReduction {
  public static let name = "ReduceL1"
  package static let fold = ReductionFold.l1

  package let options: ReductionOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try ReductionOptions(&attributes)
  }
}
