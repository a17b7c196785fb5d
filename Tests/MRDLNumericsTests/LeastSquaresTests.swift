import MRDLNumerics
import Testing

struct LeastSquaresTests {
  /// At the least sum of squares, what is left is at right angles to every column.
  @Test(arguments: [(1, 1), (3, 1), (7, 3), (40, 9)], [0.0, 0.5])
  func residualIsOrthogonal(_ size: (rows: Int, columns: Int), penalty: Double) throws {
    var numbers = RandomNumbers(seed: 7, stream: UInt64(size.rows))
    let matrix = (0..<size.rows * size.columns).map { _ in numbers.nextNormal() }
    let right = (0..<size.rows).map { _ in numbers.nextNormal() }
    let solution = try #require(
      LeastSquares.solve(matrix, columns: size.columns, right: right, penalty: penalty))
    for column in 0..<size.columns {
      // The gradient Aᵀ (A x − b) + λ x.
      var sum = penalty * solution[column]
      for row in 0..<size.rows {
        let product = (0..<size.columns).reduce(0) {
          $0 + matrix[row * size.columns + $1] * solution[$1]
        }
        sum += matrix[row * size.columns + column] * (product - right[row])
      }
      #expect(abs(sum) < 1e-12)
    }
  }

  @Test func theLastUnknownIsFreeOfThePenalty() throws {
    // With a penalty past all bounds, the first unknown vanishes and the last is the mean.
    let solution = try #require(
      LeastSquares.solve(
        [1, 1, 2, 1, 4, 1], columns: 2, right: [3, 5, 10], penalty: 1e12, isLastFree: true))
    #expect(abs(solution[0]) < 1e-10)
    #expect(abs(solution[1] - 6) < 1e-9)
  }

  @Test func dependentColumnsHaveNoSolution() {
    #expect(LeastSquares.solve([1, 2, 2, 4, 3, 6], columns: 2, right: [1, 2, 3]) == nil)
    #expect(LeastSquares.solve([1, 2], columns: 2, right: [1]) == nil)
    #expect(LeastSquares.solve([0, 0], columns: 1, right: [1, 1]) == nil)
  }
}
