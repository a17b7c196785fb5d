internal import CMRDLKernels
package import MRDLCore

/// exp(x − max) / Σ exp(x − max) along one axis of a dense tensor, or the logarithm of that.
///
/// Results do not depend on the number of threads. A run allocates nothing.
package struct Softmax: Sendable {
  package let scalarType: ScalarType
  /// The product of the extents before the axis.
  package let outer: Int
  /// The extent of the axis.
  package let length: Int
  /// The product of the extents after the axis.
  package let inner: Int
  /// Whether the logarithm is computed.
  package let isLogarithmic: Bool
  private let slotCount: Int

  /// Lines along an inner axis that are gathered at once.
  private static let gathered = 16

  /// - Parameter scalarType: float32 or float64.
  /// - Precondition: the scalar type is one of the two.
  package init(
    _ scalarType: ScalarType, outer: Int, length: Int, inner: Int = 1, isLogarithmic: Bool = false
  ) {
    precondition(scalarType == .float32 || scalarType == .float64, "softmax of \(scalarType)")
    self.scalarType = scalarType
    self.outer = outer
    self.length = length
    self.inner = inner
    self.isLogarithmic = isLogarithmic
    slotCount = inner == 1 ? 1 : WorkerPool.size
  }

  /// The bytes that `run` needs as workspace, aligned to 64.
  package var workspaceByteCount: Int {
    inner == 1 ? 0 : slotCount * Self.gathered * length * (scalarType == .float32 ? 4 : 8)
  }

  /// Computes the output, which may be the same memory as the input.
  package func run(
    input: UnsafeRawPointer, output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer?,
    threadLimit: Int
  ) {
    if outer == 0 || length == 0 || inner == 0 { return }
    if scalarType == .float32 {
      run(input, output, workspace, threadLimit, Float.self)
    } else {
      run(input, output, workspace, threadLimit, Double.self)
    }
  }

  private func run<Scalar: KernelScalar>(
    _ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer,
    _ workspace: UnsafeMutableRawPointer?, _ threadLimit: Int, _: Scalar.Type
  ) {
    let x = input.assumingMemoryBound(to: Scalar.self)
    let y = output.assumingMemoryBound(to: Scalar.self)
    if inner == 1 {
      let work = Rows(softmax: self, x: x, y: y)
      WorkerPool.run(work, count: work.pieces.count, threadLimit: threadLimit)
      return
    }
    guard let lines = workspace?.assumingMemoryBound(to: Scalar.self) else {
      preconditionFailure("a softmax along an inner axis needs its workspace")
    }
    let work = Lines(softmax: self, x: x, y: y, lines: lines)
    WorkerPool.run(
      work, count: work.pieceCount,
      threadLimit: outer * length * inner < 16_384
        ? 1 : WorkerPool.limit(threadLimit, slots: slotCount))
  }

  /// Some whole rows.
  private struct Rows<Scalar: KernelScalar>: ParallelWork {
    let softmax: Softmax
    let x: UnsafePointer<Scalar>
    let y: UnsafeMutablePointer<Scalar>

    var pieces: EqualPieces {
      EqualPieces(of: softmax.outer, step: max(1, 8192 / softmax.length))
    }

    func run(index: Int, slot: Int) {
      let rows = pieces[index]
      let start = rows.lowerBound * softmax.length
      Scalar.normalizeExponentials(
        rows: rows.count, columns: softmax.length, x + start, into: y + start,
        isLogarithmic: softmax.isLogarithmic)
    }
  }

  /// Some lines that are not contiguous: gathered, computed and written back.
  private struct Lines<Scalar: KernelScalar>: ParallelWork {
    let softmax: Softmax
    let x: UnsafePointer<Scalar>
    let y: UnsafeMutablePointer<Scalar>
    let lines: UnsafeMutablePointer<Scalar>

    private var piecesInside: Int { (softmax.inner + Softmax.gathered - 1) / Softmax.gathered }
    var pieceCount: Int { softmax.outer * piecesInside }

    func run(index: Int, slot: Int) {
      let (block, part) = index.quotientAndRemainder(dividingBy: piecesInside)
      let length = softmax.length
      let inner = softmax.inner
      let first = part * Softmax.gathered
      let count = min(Softmax.gathered, inner - first)
      let start = block * length * inner + first
      let gathered = lines + slot * Softmax.gathered * length
      for i in 0..<length {
        for j in 0..<count { gathered[j * length + i] = x[start + i * inner + j] }
      }
      Scalar.normalizeExponentials(
        rows: count, columns: length, UnsafePointer(gathered), into: gathered,
        isLogarithmic: softmax.isLogarithmic)
      for i in 0..<length {
        for j in 0..<count { y[start + i * inner + j] = gathered[j * length + i] }
      }
    }
  }
}
