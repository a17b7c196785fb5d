public import MRDLCore
package import MRDLNumerics

/// ONNX Sum: the sum of the elements, with the broadcasting rules of NumPy.
public struct Sum: VariadicOperator {
  public static let name = "Sum"
  package static let operation = Broadcasting.Operation.add
  package static let scalarTypes: Set<ScalarType> = .floats

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}
