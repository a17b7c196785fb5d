public import MRDLCore

/// ONNX CumSum: along an axis, the sum of all elements up to each.
public struct CumSum: CumulativeOperator {
  public static let name = "CumSum"
  package static let isProduct = false

  package let options: CumulativeOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try CumulativeOptions(&attributes)
  }
}
