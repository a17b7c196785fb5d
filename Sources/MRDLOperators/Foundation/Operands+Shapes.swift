package import MRDLCore
package import MRDLModel

extension Operands {
  /// The common shape of two operands by the broadcasting rules of NumPy; nil where a rank is unknown.
  ///
  /// - Throws: `MRDL1207`.
  package func broadcast(
    _ left: SymbolicShape?, _ right: SymbolicShape?
  ) throws(MRDLError) -> SymbolicShape? {
    guard let left, let right else { return nil }
    guard let result = left.broadcast(with: right) else {
      throw shapeMismatch(
        "two shapes cannot be broadcast together", found: "\(left) and \(right)")
    }
    return result
  }

  /// Axes given as in ONNX, none of them twice.
  ///
  /// - Returns: from 0, in the order given.
  /// - Throws: `MRDL1206`.
  package func axes(_ axes: [Int], rank: Int) throws(MRDLError) -> [Int] {
    var result: [Int] = []
    for given in axes {
      let index = given < 0 ? given + rank : given
      guard (0..<rank).contains(index) else {
        throw badAttribute(
          "an axis is out of range", found: "\(given)", expected: "\(-rank) to \(rank - 1)")
      }
      guard !result.contains(index) else {
        throw badAttribute("an axis is given twice", found: "\(given)")
      }
      result.append(index)
    }
    return result
  }

  /// The one extent that several axes must agree on.
  ///
  /// - Throws: `MRDL1207`.
  package func unify(
    _ left: Dimension, _ right: Dimension, _ message: String
  ) throws(MRDLError) -> Dimension {
    guard let result = left.unified(with: right) else {
      throw shapeMismatch(message, found: "\(left) and \(right)")
    }
    return result
  }

  /// Checks the shape of an input of one axis against an extent.
  ///
  /// - Throws: `MRDL1207`.
  package func checkVector(
    _ index: Int, extent: Dimension, _ message: String
  ) throws(MRDLError) {
    guard optional(index) != nil, let shape = try shape(index, rank: 1...1) else { return }
    _ = try unify(shape[0], extent, message)
  }
}

extension Set<ScalarType> {
  /// The types of real numbers that ONNX's arithmetic takes. Kernels compute in `realNumbers`; they
  /// refuse the others.
  package static let floats: Set = [.float16, .bfloat16, .float32, .float64]
  /// The types that ONNX's arithmetic takes.
  package static let arithmetic = floats.union(wholeNumbers)
}
