public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// y = det X: ∂y/∂X is the matrix of cofactors, which a singular matrix has, too.
public enum DetRule: GradientRule {
  public static let operatorName = "Det"
  public static let backwardOperators: [any Operator.Type] = [DetInputGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(of: 0, to: step.add(DetInputGradient.self, [residual, step.inputNames[0]]))
  }
}

/// δX = δy · cofactors of X, for each matrix of input 1, [*, M, M].
struct DetInputGradient: BackwardOperator {
  static let name = "DetInputGradient"

  init(attributes: inout AttributeReader) throws(MRDLError) {}

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let (count, size) = (
      request.inputShape(0).elementCount, request.inputShape(1).dimensions.last ?? 0
    )
    return try request.real(
      1, float32: DetInputGradientKernel<Float>(count: count, size: size),
      float64: DetInputGradientKernel<Double>(count: count, size: size))
  }
}

private struct DetInputGradientKernel<Element: RealElement>: Kernel {
  let count: Int
  let size: Int

  /// Two matrices and two permutations.
  var workspaceByteCount: Int { (2 * size * size + 2 * size) * 8 }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard size > 0, let scratch = arguments.workspace.baseAddress else { return }
    let residuals = arguments.input(0, as: Element.self)
    let x = arguments.input(1, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    let area = size * size
    let cofactors = Cofactors(
      size: size, factors: scratch.assumingMemoryBound(to: Double.self),
      order: (scratch + 2 * area * 8).assumingMemoryBound(to: Int.self))
    for matrix in 0..<count {
      for index in 0..<area { cofactors.factors[index] = Double(x[matrix * area + index]) }
      let residual = Double(residuals[matrix])
      cofactors.compute { row, column, value in
        result[matrix * area + row * size + column] = Element(residual * value)
      }
    }
  }
}

/// The cofactors of a matrix, singular or not.
///
/// With pivots from the whole rest of the matrix, P X Q = L U, and adj X = det P · det Q · Q adj U · L⁻¹ P. Only the
/// last pivot can be zero where any cofactor is not, and adj U needs no division by it: where U is
/// (U₁ u; 0 ε), adj U is (ε adj U₁, −adj U₁ u; 0, det U₁), and adj U₁ is det U₁ · U₁⁻¹.
/// Complexity: O(n³).
private struct Cofactors {
  let size: Int
  /// The matrix, which becomes L and U; the adjugate of U, then of L U, lies behind it.
  let factors: UnsafeMutablePointer<Double>
  /// The rows, then the columns of the matrix in the order of the pivots.
  let order: UnsafeMutablePointer<Int>

  func compute(_ body: (_ row: Int, _ column: Int, _ value: Double) -> Void) {
    let sign = factorize()
    let adjugate = factors + size * size
    adjugate.update(repeating: 0, count: size * size)
    // A second pivot that is zero leaves nothing.
    if size < 2 || factors[(size - 2) * size + size - 2] != 0 {
      adjoinUpper(adjugate)
      divideByLower(adjugate)
    }
    for i in 0..<size {
      for j in 0..<size { body(order[j], order[size + i], sign * adjugate[i * size + j]) }
    }
  }

  /// - Returns: the product of the signs of both permutations.
  private func factorize() -> Double {
    let (n, a) = (size, factors)
    var sign = 1.0
    for index in 0..<n {
      order[index] = index
      order[n + index] = index
    }
    for step in 0..<n {
      var (row, column, largest) = (step, step, -1.0)
      for i in step..<n {
        for j in step..<n where abs(a[i * n + j]) > largest {
          (row, column, largest) = (i, j, abs(a[i * n + j]))
        }
      }
      if row != step {
        for j in 0..<n { (a[row * n + j], a[step * n + j]) = (a[step * n + j], a[row * n + j]) }
        (order[row], order[step]) = (order[step], order[row])
        sign = -sign
      }
      if column != step {
        for i in 0..<n {
          (a[i * n + column], a[i * n + step]) = (a[i * n + step], a[i * n + column])
        }
        (order[n + column], order[n + step]) = (order[n + step], order[n + column])
        sign = -sign
      }
      let pivot = a[step * n + step]
      for i in (step + 1)..<max(n, step + 1) {
        let factor = pivot == 0 ? 0 : a[i * n + step] / pivot
        a[i * n + step] = factor
        for j in (step + 1)..<n { a[i * n + j] -= factor * a[step * n + j] }
      }
    }
    return sign
  }

  private func adjoinUpper(_ adjugate: UnsafeMutablePointer<Double>) {
    let (n, last, u) = (size, size - 1, factors)
    var determinant = 1.0
    for index in 0..<last { determinant *= u[index * n + index] }
    // Columns of adj U₁: U₁ z = det U₁ · e.
    for column in 0..<last {
      for row in (0...column).reversed() {
        var sum = row == column ? determinant : 0
        for k in (row + 1)..<max(column + 1, row + 1) {
          sum -= u[row * n + k] * adjugate[k * n + column]
        }
        adjugate[row * n + column] = sum / u[row * n + row]
      }
    }
    for row in 0..<last {
      var sum = 0.0
      for k in row..<last { sum += adjugate[row * n + k] * u[k * n + last] }
      adjugate[row * n + last] = -sum
      for column in row..<last { adjugate[row * n + column] *= u[last * n + last] }
    }
    adjugate[last * n + last] = determinant
  }

  /// M ← M L⁻¹, column by column from the last.
  private func divideByLower(_ matrix: UnsafeMutablePointer<Double>) {
    let n = size
    for row in 0..<n {
      for column in (0..<n).reversed() {
        var sum = matrix[row * n + column]
        for k in (column + 1)..<max(n, column + 1) {
          sum -= matrix[row * n + k] * factors[k * n + column]
        }
        matrix[row * n + column] = sum
      }
    }
  }
}
