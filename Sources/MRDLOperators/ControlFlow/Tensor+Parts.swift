internal import MRDLCore

extension Tensor {
  /// Bytes of an element, for cutting tensors into parts.
  private static func width(_ type: ScalarType, _ place: Place) throws(MRDLError) -> Int {
    guard let width = type.elementByteCount else {
      throw MRDLError(
        .unsupportedScalarType, "tensors of elements smaller than a byte are not cut into parts",
        found: type.rawValue, at: place)
    }
    return width
  }

  /// The part of a tensor between two indices of an axis.
  func part(axis: Int, _ range: Range<Int>, _ place: Place) throws(MRDLError) -> Tensor {
    let inner =
      try shape.dimensions[(axis + 1)...].reduce(1, *) * Self.width(scalarType, place)
    let outer = shape.dimensions[..<axis].reduce(1, *)
    let stride = shape[axis] * inner
    var dimensions = shape.dimensions
    dimensions[axis] = range.count
    var part = Tensor(zeros: Shape(dimensions), scalarType: scalarType)
    let block = range.count * inner
    guard block > 0 else { return part }
    withUnsafeBytes { source in
      part.withUnsafeMutableBytes { target in
        for row in 0..<outer {
          let from = row * stride + range.lowerBound * inner
          UnsafeMutableRawBufferPointer(rebasing: target[(row * block)..<((row + 1) * block)])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<(from + block)]))
        }
      }
    }
    return part
  }

  /// The part at one index of an axis, without the axis.
  func slice(axis: Int, index: Int, _ place: Place) throws(MRDLError) -> Tensor {
    let part = try part(axis: axis, index..<(index + 1), place)
    var dimensions = shape.dimensions
    dimensions.remove(at: axis)
    return part.reshaped(Shape(dimensions))
  }

  /// Tensors one after the other along an axis that all of them have.
  ///
  /// - Precondition: there is a tensor.
  static func joined(
    _ tensors: [Tensor], axis: Int, _ place: Place
  ) throws(MRDLError) -> Tensor {
    var dimensions = tensors[0].shape.dimensions
    dimensions[axis] = 0
    for tensor in tensors {
      var others = tensor.shape.dimensions
      guard others.count == dimensions.count, tensor.scalarType == tensors[0].scalarType else {
        throw unlike(tensors[0], tensor, place)
      }
      others[axis] = dimensions[axis]
      guard others == dimensions else { throw unlike(tensors[0], tensor, place) }
      dimensions[axis] += tensor.shape[axis]
    }
    let inner = try dimensions[(axis + 1)...].reduce(1, *) * width(tensors[0].scalarType, place)
    let outer = dimensions[..<axis].reduce(1, *)
    var joined = Tensor(zeros: Shape(dimensions), scalarType: tensors[0].scalarType)
    let stride = dimensions[axis] * inner
    joined.withUnsafeMutableBytes { target in
      var start = 0
      for tensor in tensors {
        let block = tensor.shape[axis] * inner
        guard block > 0 else { continue }
        tensor.withUnsafeBytes { source in
          for row in 0..<outer {
            let to = row * stride + start
            UnsafeMutableRawBufferPointer(rebasing: target[to..<(to + block)]).copyMemory(
              from: UnsafeRawBufferPointer(
                rebasing: source[(row * block)..<((row + 1) * block)]))
          }
        }
        start += block
      }
    }
    return joined
  }

  /// Tensors of one shape one after the other along a new axis.
  ///
  /// - Precondition: there is a tensor.
  static func stacked(
    _ tensors: [Tensor], axis: Int, _ place: Place
  ) throws(MRDLError) -> Tensor {
    try joined(
      tensors.map { tensor in
        var dimensions = tensor.shape.dimensions
        dimensions.insert(1, at: min(axis, dimensions.count))
        return tensor.reshaped(Shape(dimensions))
      }, axis: axis, place)
  }

  private static func unlike(_ first: Tensor, _ other: Tensor, _ place: Place) -> MRDLError {
    MRDLError(
      .shapeMismatch, "tensors that are put together do not fit",
      found: "\(other.scalarType.rawValue) \(other.shape)",
      expected: "like \(first.scalarType.rawValue) \(first.shape)", at: place)
  }
}
