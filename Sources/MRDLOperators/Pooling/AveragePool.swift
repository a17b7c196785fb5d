public import MRDLCore
package import MRDLNumerics

/// ONNX AveragePool: the mean of what each window sees. Padding counts in the divisor only where
/// `count_include_pad` says so.
public struct AveragePool: PoolingOperator {
  public static let name = "AveragePool"

  package let window: WindowAttributes
  package let countsPadding: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    window = try WindowAttributes(&attributes, hasCeilMode: true)
    countsPadding = try attributes.flag("count_include_pad")
  }

  package var kind: Pooling.Kind { .average(countsPadding: countsPadding) }
}
