extension Tensor {
  /// Some entries along the first axis, in the given order, copied.
  ///
  /// - Precondition: the tensor has an axis with these entries, and its elements fill whole bytes.
  package func rows(_ indices: some Collection<Int>) -> Tensor {
    var result = Tensor(
      zeros: Shape([indices.count] + shape.dimensions.dropFirst()), scalarType: scalarType)
    let width = byteCount / max(shape[0], 1)
    result.withUnsafeMutableBytes { target in
      withUnsafeBytes { source in
        for (place, index) in indices.enumerated() {
          UnsafeMutableRawBufferPointer(rebasing: target[place * width..<(place + 1) * width])
            .copyMemory(
              from: UnsafeRawBufferPointer(rebasing: source[index * width..<(index + 1) * width]))
        }
      }
    }
    return result
  }

  /// The entries of some tensors along the first axis, one after the other.
  ///
  /// - Precondition: there is a tensor, all are of one type and, but for their first extents, of one shape, and their
  ///   elements fill whole bytes.
  package static func joiningRows(_ tensors: [Tensor]) -> Tensor {
    let first = tensors[0]
    guard tensors.count > 1 else { return first }
    let rowCount = tensors.reduce(0) { $0 + $1.shape[0] }
    var joined = Tensor(
      zeros: Shape([rowCount] + first.shape.dimensions.dropFirst()), scalarType: first.scalarType)
    joined.withUnsafeMutableBytes { target in
      var start = 0
      for tensor in tensors {
        tensor.withUnsafeBytes { source in
          UnsafeMutableRawBufferPointer(rebasing: target[start..<start + source.count])
            .copyMemory(from: source)
          start += source.count
        }
      }
    }
    return joined
  }
}
