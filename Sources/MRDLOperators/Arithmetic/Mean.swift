public import MRDLCore
package import MRDLNumerics

/// ONNX Mean: the mean of the elements, with the broadcasting rules of NumPy.
public struct Mean: VariadicOperator {
  public static let name = "Mean"
  package static let operation = Broadcasting.Operation.add
  package static let scalarTypes: Set<ScalarType> = .floats
  package static let isMean = true

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}
