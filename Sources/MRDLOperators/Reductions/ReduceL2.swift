public import MRDLCore

/// ONNX ReduceL2: the root of the sum of the squares of all elements along some axes.
public struct ReduceL2: FoldedReduction {
  public static let name = "ReduceL2"
  package static let fold = ReductionFold.l2

  package let options: ReductionOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try ReductionOptions(&attributes)
  }
}
