package import MRDLCore

/// Rows of a dense matrix brought to mean 0 and variance 1, or to a mean square of 1, then scaled and
/// shifted.
///
/// Statistics are made in float64. Results do not depend on the number of threads. A run allocates
/// nothing.
package struct RowNormalization: Sendable {
  /// Which scale and bias an element of a row has: `(row % period) · stride + position / block`.
  package struct AffineLayout: Sendable, Hashable {
    package var period: Int
    package var stride: Int
    package var block: Int

    package init(period: Int, stride: Int, block: Int) {
      self.period = period
      self.stride = stride
      self.block = block
    }
  }

  /// The memory of one run; what is nil is left out.
  package struct Buffers {
    package var input: UnsafeRawPointer
    package var output: UnsafeMutableRawPointer
    package var scale: UnsafeRawPointer?
    package var bias: UnsafeRawPointer?
    /// A number for each row.
    package var mean: UnsafeMutableRawPointer?
    /// A number for each row: 1 over the standard deviation, or over the root of the mean square.
    package var inverse: UnsafeMutableRawPointer?

    package init(input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
      self.input = input
      self.output = output
    }
  }

  private let scalarType: ScalarType
  private let rowCount: Int
  private let rowLength: Int
  private let subtractsMean: Bool
  private let epsilon: Double
  private let layout: AffineLayout

  /// - Parameter scalarType: float32 or float64.
  /// - Precondition: the scalar type is one of the two.
  package init(
    _ scalarType: ScalarType, rowCount: Int, rowLength: Int, subtractsMean: Bool, epsilon: Double,
    layout: AffineLayout
  ) {
    precondition(scalarType == .float32 || scalarType == .float64, "rows of \(scalarType)")
    self.scalarType = scalarType
    self.rowCount = rowCount
    self.rowLength = rowLength
    self.subtractsMean = subtractsMean
    self.epsilon = epsilon
    self.layout = layout
  }

  /// Computes the rows; input and output may be the same memory.
  package func run(_ buffers: Buffers, threadLimit: Int) {
    guard rowCount > 0, rowLength > 0 else { return }
    if scalarType == .float32 {
      let work = Rows<Float>(normalization: self, buffers: buffers)
      WorkerPool.run(work, count: work.pieces.count, threadLimit: threadLimit)
    } else {
      let work = Rows<Double>(normalization: self, buffers: buffers)
      WorkerPool.run(work, count: work.pieces.count, threadLimit: threadLimit)
    }
  }

  private struct Rows<Scalar: TensorElement & BinaryFloatingPoint>: ParallelWork {
    let normalization: RowNormalization
    let buffers: Buffers

    var pieces: EqualPieces {
      EqualPieces(of: normalization.rowCount, step: max(1, 16_384 / normalization.rowLength))
    }

    func run(index: Int, slot: Int) {
      for row in pieces[index] { run(row) }
    }

    private func run(_ row: Int) {
      let count = normalization.rowLength
      let x = buffers.input.assumingMemoryBound(to: Scalar.self) + row * count
      let y = buffers.output.assumingMemoryBound(to: Scalar.self) + row * count
      var mean = 0.0
      if normalization.subtractsMean {
        for index in 0..<count { mean += Double(x[index]) }
        mean /= Double(count)
      }
      var squares = 0.0
      for index in 0..<count {
        let difference = Double(x[index]) - mean
        squares += difference * difference
      }
      let inverse = 1 / (squares / Double(count) + normalization.epsilon).squareRoot()
      buffers.mean?.assumingMemoryBound(to: Scalar.self)[row] = Scalar(mean)
      buffers.inverse?.assumingMemoryBound(to: Scalar.self)[row] = Scalar(inverse)
      let (shift, factor) = (Scalar(mean), Scalar(inverse))
      let layout = normalization.layout
      let first = row % layout.period * layout.stride
      let scale = buffers.scale?.assumingMemoryBound(to: Scalar.self)
      let bias = buffers.bias?.assumingMemoryBound(to: Scalar.self)
      if layout.block == 1 {
        for index in 0..<count { y[index] = (x[index] - shift) * factor }
        if let scale { for index in 0..<count { y[index] *= scale[first + index] } }
        if let bias { for index in 0..<count { y[index] += bias[first + index] } }
        return
      }
      for start in stride(from: 0, to: count, by: layout.block) {
        let position = first + start / layout.block
        let (weight, offset) = (scale?[position] ?? 1, bias?[position] ?? 0)
        for index in start..<min(start + layout.block, count) {
          y[index] = (x[index] - shift) * factor * weight + offset
        }
      }
    }
  }
}
