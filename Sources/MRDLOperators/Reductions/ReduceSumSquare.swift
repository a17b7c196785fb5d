public import MRDLCore

/// ONNX ReduceSumSquare: the sum of the squares of all elements along some axes.
public struct ReduceSumSquare: FoldedReduction {
  public static let name = "ReduceSumSquare"
  package static let fold = ReductionFold.sumOfSquares

  package let options: ReductionOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try ReductionOptions(&attributes)
  }
}
