internal import CMRDLKernels
package import MRDLCore

/// Pooling of NC… tensors: the largest element, or the mean, of what a window sees in each plane.
///
/// Padding never counts as an element; where it counts in the divisor of the mean is chosen. Results do
/// not depend on the number of threads. A run allocates nothing.
package struct Pooling: Sendable {
  package enum Kind: Sendable, Hashable {
    /// NaN wins.
    case maximum
    /// With `countsPadding` the divisor counts the window's positions inside the padded input.
    case average(countsPadding: Bool)
  }

  package let scalarType: ScalarType
  package let kind: Kind
  /// Batch size times channels.
  package let planeCount: Int
  package let window: Window
  /// Planes that are worth a thread, in up to eight pieces.
  private let pieces: EqualPieces

  /// Elements that the windows of a piece see, at least.
  private static let leastElements = 12_288

  /// - Parameter scalarType: float32 or float64.
  /// - Precondition: the scalar type is one of the two.
  package init(_ scalarType: ScalarType, _ kind: Kind, planeCount: Int, window: Window) {
    precondition(scalarType == .float32 || scalarType == .float64, "pooling of \(scalarType)")
    self.scalarType = scalarType
    self.kind = kind
    self.planeCount = planeCount
    self.window = window
    let seen = max(1, window.outputVolume * window.kernelVolume)
    pieces = EqualPieces(
      of: planeCount, step: max(1, (planeCount + 7) / 8, Self.leastElements / seen))
  }

  /// Computes the output.
  package func run(
    input: UnsafeRawPointer, output: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    let work = Planes(pooling: self, input: input, output: output)
    WorkerPool.run(work, count: pieces.count, threadLimit: threadLimit)
  }

  private struct Planes: ParallelWork {
    let pooling: Pooling
    let input: UnsafeRawPointer
    let output: UnsafeMutableRawPointer

    func run(index: Int, slot: Int) {
      let planes = pooling.pieces[index]
      let (first, count) = (planes.lowerBound, planes.count)
      let start = (first * pooling.window.inputVolume, first * pooling.window.outputVolume)
      withUnsafePointer(to: pooling.window.geometry) { window in
        if pooling.scalarType == .float32 {
          let table = mrdl_kernels_current().pointee.f32
          let x = input.assumingMemoryBound(to: Float.self) + start.0
          let y = output.assumingMemoryBound(to: Float.self) + start.1
          switch pooling.kind {
          case .maximum: table.pointee.max_pool(window, count, x, y)
          case .average(let countsPadding):
            table.pointee.average_pool(window, count, x, y, countsPadding ? 1 : 0)
          }
        } else {
          let table = mrdl_kernels_current().pointee.f64
          let x = input.assumingMemoryBound(to: Double.self) + start.0
          let y = output.assumingMemoryBound(to: Double.self) + start.1
          switch pooling.kind {
          case .maximum: table.pointee.max_pool(window, count, x, y)
          case .average(let countsPadding):
            table.pointee.average_pool(window, count, x, y, countsPadding ? 1 : 0)
          }
        }
      }
    }
  }
}
