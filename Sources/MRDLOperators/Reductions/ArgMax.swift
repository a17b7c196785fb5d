public import MRDLCore

/// ONNX ArgMax: the index of the largest element along an axis; NaN wins.
public struct ArgMax: ArgOperator {
  public static let name = "ArgMax"
  package static let findsLargest = true

  package let options: ArgOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try ArgOptions(&attributes)
  }
}
