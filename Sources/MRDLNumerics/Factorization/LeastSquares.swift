/// Linear least squares by a QR factorisation with Householder reflections (Golub and Van Loan, "Matrix
/// Computations", 5.2 and 5.3): the x that makes ‖A x − b‖² + λ ‖x‖² least, in double precision.
///
/// The normal equations would square the condition of A, which loses all digits on data such as Longley's.
package enum LeastSquares {
  /// - Parameters:
  ///   - matrix: A, row by row.
  ///   - columns: the number of unknowns.
  ///   - right: b.
  ///   - penalty: λ, which is not negative; the last unknown is free of it where `isLastFree`.
  /// - Returns: x, or nil where the columns depend on each other to within rounding.
  /// - Complexity: O(rows · columns²).
  /// - Precondition: the numbers of elements fit each other.
  package static func solve(
    _ matrix: [Double], columns: Int, right: [Double], penalty: Double = 0,
    isLastFree: Bool = false
  ) -> [Double]? {
    precondition(columns > 0 && matrix.count == columns * right.count && penalty >= 0)
    // Rows √λ I below A and zeros below b make the penalty a part of the squares.
    let penalized = penalty > 0 ? columns - (isLastFree ? 1 : 0) : 0
    let rows = right.count + penalized
    guard rows >= columns else { return nil }
    var a = [Double](repeating: 0, count: rows * columns)
    for row in 0..<right.count {
      for column in 0..<columns { a[column * rows + row] = matrix[row * columns + column] }
    }
    for index in 0..<penalized { a[index * rows + right.count + index] = penalty.squareRoot() }
    var b = right + [Double](repeating: 0, count: penalized)
    var diagonal = [Double](repeating: 0, count: columns)
    let norms = (0..<columns).map { norm(a, $0 * rows, rows) }
    for column in 0..<columns {
      let start = column * rows + column
      let length = norm(a, start, rows - column)
      // What is left of a column that the ones before it already span is rounding.
      guard length > norms[column] * 1e-13, length > 0 else { return nil }
      let sign: Double = a[start] > 0 ? -1 : 1
      diagonal[column] = sign * length
      a[start] -= diagonal[column]
      // v = a[start...]; H = I − 2 v vᵀ / (vᵀ v), with vᵀ v = −2 · diagonal · v₀.
      let scale = -1 / (diagonal[column] * a[start])
      for other in (column + 1)..<max(columns, column + 1) {
        let place = other * rows + column
        var sum = 0.0
        for row in 0..<(rows - column) { sum += a[start + row] * a[place + row] }
        for row in 0..<(rows - column) { a[place + row] -= scale * sum * a[start + row] }
      }
      var sum = 0.0
      for row in 0..<(rows - column) { sum += a[start + row] * b[column + row] }
      for row in 0..<(rows - column) { b[column + row] -= scale * sum * a[start + row] }
    }
    var x = [Double](repeating: 0, count: columns)
    for column in stride(from: columns - 1, through: 0, by: -1) {
      var sum = b[column]
      for other in (column + 1)..<max(columns, column + 1) {
        sum -= a[other * rows + column] * x[other]
      }
      x[column] = sum / diagonal[column]
    }
    return x
  }

  private static func norm(_ values: [Double], _ start: Int, _ count: Int) -> Double {
    var sum = 0.0
    for index in start..<start + count { sum += values[index] * values[index] }
    return sum.squareRoot()
  }
}
