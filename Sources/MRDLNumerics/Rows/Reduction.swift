internal import CMRDLKernels
package import MRDLCore

/// One number for each line along an axis of a dense tensor.
///
/// Sums of contiguous float32 lines are made in float64. The order of a sum depends on the shape only, so
/// that results do not depend on the number of threads. A run allocates nothing.
package struct Reduction: Sendable {
  package enum Kind: Sendable, Hashable {
    case sum
    case mean
    /// NaN wins; minus infinity for an empty line.
    case maximum
    /// NaN wins; infinity for an empty line.
    case minimum
    case sumOfSquares
  }

  package let scalarType: ScalarType
  package let kind: Kind
  /// The product of the extents before the axis.
  package let outer: Int
  /// The extent of the axis.
  package let length: Int
  /// The product of the extents after the axis.
  package let inner: Int

  /// - Parameter scalarType: float32 or float64.
  /// - Precondition: the scalar type is one of the two.
  package init(_ scalarType: ScalarType, _ kind: Kind, outer: Int, length: Int, inner: Int = 1) {
    precondition(scalarType == .float32 || scalarType == .float64, "reduction of \(scalarType)")
    self.scalarType = scalarType
    self.kind = kind
    self.outer = outer
    self.length = length
    self.inner = inner
  }

  /// Computes the output: `outer` × `inner` elements.
  package func run(
    input: UnsafeRawPointer, output: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    if scalarType == .float32 {
      run(input, output, threadLimit, Float.self)
    } else {
      run(input, output, threadLimit, Double.self)
    }
  }

  private func run<Scalar: KernelScalar>(
    _ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer, _ threadLimit: Int,
    _: Scalar.Type
  ) {
    let x = input.assumingMemoryBound(to: Scalar.self)
    let y = output.assumingMemoryBound(to: Scalar.self)
    if inner == 1 {
      let work = ContiguousLines(reduction: self, x: x, y: y)
      WorkerPool.run(work, count: work.pieces.count, threadLimit: threadLimit)
    } else {
      let work = Blocks(reduction: self, x: x, y: y)
      WorkerPool.run(
        work, count: work.pieceCount,
        threadLimit: outer * length * inner < 65_536 ? 1 : threadLimit)
    }
  }

  private struct ContiguousLines<Scalar: KernelScalar>: ParallelWork {
    let reduction: Reduction
    let x: UnsafePointer<Scalar>
    let y: UnsafeMutablePointer<Scalar>

    var pieces: EqualPieces {
      EqualPieces(of: reduction.outer, step: max(1, 65_536 / max(reduction.length, 1)))
    }

    func run(index: Int, slot: Int) {
      for row in pieces[index] {
        y[row] = Scalar.reduce(
          reduction.kind, count: reduction.length, x + row * reduction.length)
      }
    }
  }

  /// Up to 1024 neighbouring lines: the elements of one step along the axis are contiguous.
  private struct Blocks<Scalar: KernelScalar>: ParallelWork {
    let reduction: Reduction
    let x: UnsafePointer<Scalar>
    let y: UnsafeMutablePointer<Scalar>

    private var step: Int { 1024 }
    private var piecesInside: Int { (reduction.inner + step - 1) / step }
    var pieceCount: Int { reduction.outer * piecesInside }

    func run(index: Int, slot: Int) {
      let (block, part) = index.quotientAndRemainder(dividingBy: piecesInside)
      let first = part * step
      let count = min(step, reduction.inner - first)
      let result = y + block * reduction.inner + first
      let source = x + block * reduction.length * reduction.inner + first
      let start: Scalar =
        switch reduction.kind {
        case .sum, .mean, .sumOfSquares: 0
        case .maximum: -.infinity
        case .minimum: .infinity
        }
      for j in 0..<count { result[j] = start }
      for i in 0..<reduction.length {
        Scalar.accumulate(reduction.kind, count: count, source + i * reduction.inner, into: result)
      }
      if reduction.kind == .mean {
        let divisor = Scalar(reduction.length)
        for j in 0..<count { result[j] /= divisor }
      }
    }
  }
}
