public import MRDLCore

/// ONNX ReduceProd: the product of all elements along some axes.
public struct ReduceProd: FoldedReduction {
  public static let name = "ReduceProd"
  package static let fold = ReductionFold.product

  package let options: ReductionOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try ReductionOptions(&attributes)
  }
}
