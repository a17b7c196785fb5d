import CMRDLKernels
import Glibc
import MRDLNumerics

/// The error of softmax, as a share of its bound (4 + |x − max|) · 2⁻²³.
enum SoftmaxError {
  /// The largest over rows of 1 to 5,000 numbers that spread from nearly equal to far apart.
  static func worst(_ kernels: mrdl_f32_kernels) -> Double {
    var numbers = RandomNumbers(seed: 7)
    var worst = 0.0
    for columns in Array(1...70) + [100, 127, 128, 500, 1000, 5000] {
      for spread in [0.01, 1, 5, 20, 80] {
        let row = (0..<columns).map { _ in Float(numbers.nextUniform(from: -spread, to: spread)) }
        worst = max(worst, share(kernels, row))
      }
    }
    return worst
  }

  private static func share(_ kernels: mrdl_f32_kernels, _ row: [Float]) -> Double {
    var found = [Float](repeating: 0, count: row.count)
    kernels.softmax(1, row.count, row, &found)
    let largest = Double(row.max() ?? 0)
    let terms = row.map { Glibc.exp(Double($0) - largest) }
    let sum = terms.reduce(0, +)
    var worst = 0.0
    for (index, term) in terms.enumerated() {
      let exact = term / sum
      // Below the normal numbers there is no relative accuracy to keep.
      guard exact >= Double(Float.leastNormalMagnitude) else { continue }
      let bound = (4 + largest - Double(row[index])) * 0x1p-23
      worst = max(worst, (Double(found[index]) - exact).magnitude / exact / bound)
    }
    return worst
  }
}
