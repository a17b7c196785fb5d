public import MRDLCore

/// ONNX ArgMin: the index of the smallest element along an axis; NaN wins.
public struct ArgMin: ArgOperator {
  public static let name = "ArgMin"
  package static let findsLargest = false

  package let options: ArgOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try ArgOptions(&attributes)
  }
}
