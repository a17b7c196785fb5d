package import MRDLCore

extension ValueFacts {
  /// Refuses a value that is too large before memory is taken for it, or for tables of its extents.
  ///
  /// - Parameters:
  ///   - limit: the bytes that it may have.
  ///   - place: the node that gives it.
  /// - Throws: `MRDL1102`.
  package func checkByteCount(atMost limit: Int, at place: Place) throws(MRDLError) {
    guard let shape = concreteShape else { return }
    let byteCount = scalarType.byteCount(elementCount: shape.elementCount)
    guard let byteCount, byteCount <= limit else {
      throw MRDLError(
        .limitExceeded, "a value is too large", found: "\(scalarType.rawValue) \(shape)",
        expected: "at most \(limit) bytes", at: place)
    }
  }
}
