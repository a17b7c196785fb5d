public import MRDLCore

/// ONNX CumProd: along an axis, the product of all elements up to each.
public struct CumProd: CumulativeOperator {
  public static let name = "CumProd"
  package static let isProduct = true

  package let options: CumulativeOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try CumulativeOptions(&attributes)
  }
}
