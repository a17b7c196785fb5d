public import MRDLCore
internal import MRDLModel

/// ONNX NonZero: the places of all elements that are not zero, in row-major order, a column each.
public struct NonZero: DataDependentOperator {
  public static let name = "NonZero"
  public static let inputCount = 1...1

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .all)
    return [
      ValueFacts(.int64, data.rank.map { [.fixed($0), .unknown] } ?? [.unknown, .unknown])
    ]
  }

  public func evaluate(
    _ inputs: [Tensor?], outputCount: Int, place: Place
  ) throws(MRDLError) -> [Tensor?] {
    guard let data = inputs[0], let width = data.scalarType.elementByteCount else {
      throw MRDLError(
        .unsupportedScalarType, "elements smaller than a byte are not told from zero", at: place)
    }
    let isReal = data.scalarType.isFloatingPoint
    let places = data.withUnsafeBytes { bytes in
      (0..<data.elementCount).filter { index in
        // Of real numbers −0 is zero too: all bits but the sign, which is in the last byte.
        for byte in 0..<width {
          var value = bytes[index * width + byte]
          if isReal, byte == width - 1 { value &= 0x7F }
          if value != 0 { return true }
        }
        return false
      }
    }
    let strides = data.shape.strides
    var columns: [Int64] = []
    columns.reserveCapacity(places.count * data.shape.rank)
    for axis in 0..<data.shape.rank {
      for place in places { columns.append(Int64(place / strides[axis] % data.shape[axis])) }
    }
    return [Tensor(columns, shape: Shape([data.shape.rank, places.count]))]
  }
}
