public import MRDLCore
package import MRDLNumerics

/// ONNX MaxPool: the largest number that each window sees; padding never counts.
///
/// The second output of ONNX, the positions of the numbers, is not given.
public struct MaxPool: PoolingOperator {
  public static let name = "MaxPool"

  package let window: WindowAttributes

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    window = try WindowAttributes(&attributes, hasCeilMode: true)
    // The order of positions, which only the second output shows.
    _ = try attributes.integer("storage_order", default: 0, in: 0...1)
  }

  package var kind: Pooling.Kind { .maximum }
}
