package import MRDLCore

/// activation(x + y) for two arrays of the same length; the result may be either of them.
package struct ActivatedSum: Sendable {
  private let scalarType: ScalarType
  private let count: Int
  private let activation: Activation

  /// - Parameter scalarType: float32 or float64.
  /// - Precondition: the scalar type is one of the two.
  package init(_ scalarType: ScalarType, count: Int, _ activation: Activation) {
    precondition(scalarType == .float32 || scalarType == .float64, "a sum of \(scalarType)")
    self.scalarType = scalarType
    self.count = count
    self.activation = activation
  }

  /// Computes the sum.
  ///
  /// - Parameter threadLimit: how many threads may take part; 0 for all.
  package func run(
    left: UnsafeRawPointer, right: UnsafeRawPointer, output: UnsafeMutableRawPointer,
    threadLimit: Int
  ) {
    if scalarType == .float32 {
      run(left, right, output, threadLimit, Float.self)
    } else {
      run(left, right, output, threadLimit, Double.self)
    }
  }

  private func run<Scalar: KernelScalar>(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ output: UnsafeMutableRawPointer,
    _ threadLimit: Int, _: Scalar.Type
  ) {
    let work = Pieces(
      count: count, activation: activation, left: left.assumingMemoryBound(to: Scalar.self),
      right: right.assumingMemoryBound(to: Scalar.self),
      output: output.assumingMemoryBound(to: Scalar.self))
    WorkerPool.run(work, count: work.pieces.count, threadLimit: threadLimit)
  }

  private struct Pieces<Scalar: KernelScalar>: ParallelWork {
    let count: Int
    let activation: Activation
    let left: UnsafePointer<Scalar>
    let right: UnsafePointer<Scalar>
    let output: UnsafeMutablePointer<Scalar>

    /// Elements of a stretch, which stays in the first cache.
    private var stretch: Int { 2048 }

    var pieces: EqualPieces { EqualPieces(of: count, step: 65_536) }

    func run(index: Int, slot: Int) {
      let piece = pieces[index]
      for start in stride(from: piece.lowerBound, to: piece.upperBound, by: stretch) {
        let length = min(stretch, piece.upperBound - start)
        let target = output + start
        // Where the result is the right array it must not be overwritten by the left one.
        let inPlace = UnsafePointer(output) == right
        let (first, second) = inPlace ? (right, left) : (left, right)
        if UnsafePointer(output) != first { target.update(from: first + start, count: length) }
        Scalar.finish(
          rows: 1, columns: length, target, rowStride: 0, rowBias: nil, columnBias: nil,
          residual: second + start, activation)
      }
    }
  }
}
