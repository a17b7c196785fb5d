internal import CMRDLKernels
package import MRDLCore

/// A transposed convolution of NC… tensors: each element of the input spreads its window over the output,
/// which ends with an `Epilogue`.
///
/// Each group is a product of the transposed weights and the input, whose rows are then added to the
/// output where the window puts them. A run allocates nothing.
package struct TransposedConvolution: Sendable {
  /// The window as that of the convolution from the output back to the input.
  private let window: Window
  private let scalarType: ScalarType
  private let batch: Int
  private let groups: Int
  private let inputChannels: Int
  private let outputChannels: Int
  private let product: MatrixProduct
  private let epilogue: Epilogue

  /// - Parameters:
  ///   - scalarType: float32 or float64.
  ///   - window: its `input` are the extents of the result, its `output` those of what is given.
  ///   - inputChannels, outputChannels: of all groups together.
  package init(
    _ scalarType: ScalarType, batch: Int, groups: Int, inputChannels: Int, outputChannels: Int,
    window: Window, epilogue: Epilogue = .none
  ) {
    self.scalarType = scalarType
    self.batch = batch
    self.groups = groups
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.window = window
    self.epilogue = epilogue
    let rows = outputChannels / groups * window.kernelVolume
    product = MatrixProduct(
      scalarType, rows: rows, columns: window.outputVolume, depth: inputChannels / groups,
      left: .transposed(rows))
  }

  private var elementByteCount: Int { scalarType == .float32 ? 4 : 8 }

  private var columnByteCount: Int {
    (product.rows * product.columns * elementByteCount).roundedUp(toMultipleOf: 64)
  }

  /// Bytes of scratch memory.
  package var workspaceByteCount: Int { columnByteCount + product.workspaceByteCount }

  /// Computes the output.
  ///
  /// - Parameters:
  ///   - weights: [input channels, output channels / groups, …].
  ///   - residual: laid out as the output, of other memory; there exactly where the epilogue adds one.
  /// - Complexity: O(batch · input volume · window volume · channels in · channels out / groups).
  package func run(
    input: UnsafeRawPointer, weights: UnsafeRawPointer, bias: UnsafeRawPointer?,
    residual: UnsafeRawPointer? = nil, output: UnsafeMutableRawPointer,
    workspace: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    precondition(
      (residual != nil) == epilogue.addsResidual, "a residual is given where none is added, or not")
    let (perInput, perOutput) = (inputChannels / groups, outputChannels / groups)
    for sample in 0..<batch {
      for group in 0..<groups {
        let firstInput = (sample * inputChannels + group * perInput) * window.outputVolume
        let firstOutput = sample * outputChannels + group * perOutput
        let firstWeight = group * perInput * perOutput * window.kernelVolume
        product.run(
          left: weights + firstWeight * elementByteCount,
          right: input + firstInput * elementByteCount, output: workspace,
          workspace: workspace + columnByteCount, threadLimit: threadLimit)
        let start = firstOutput * window.inputVolume * elementByteCount
        let (target, added) = (output + start, residual.map { $0 + start })
        let offset = bias.map { $0 + group * perOutput * elementByteCount }
        if scalarType == .float32 {
          let work = Planes<Float>(
            window: window, epilogue: epilogue, columns: workspace, bias: offset, residual: added,
            output: target)
          WorkerPool.run(work, count: perOutput, threadLimit: threadLimit)
        } else {
          let work = Planes<Double>(
            window: window, epilogue: epilogue, columns: workspace, bias: offset, residual: added,
            output: target)
          WorkerPool.run(work, count: perOutput, threadLimit: threadLimit)
        }
      }
    }
  }

  /// Adds the rows of a product to the planes of the output.
  private struct Planes<Scalar: KernelScalar>: ParallelWork {
    let window: Window
    let epilogue: Epilogue
    let columns: UnsafeMutableRawPointer
    let bias: UnsafeRawPointer?
    let residual: UnsafeRawPointer?
    let output: UnsafeMutableRawPointer

    func run(index: Int, slot: Int) {
      let y = output.assumingMemoryBound(to: Scalar.self) + index * window.inputVolume
      let start = bias?.assumingMemoryBound(to: Scalar.self)[index] ?? 0
      for position in 0..<window.inputVolume { y[position] = start }
      let volume = window.outputVolume
      let x = UnsafePointer(columns.assumingMemoryBound(to: Scalar.self))
      for tap in 0..<window.kernelVolume {
        add(x + (index * window.kernelVolume + tap) * volume, tap: tap, to: y)
      }
      if epilogue == .none { return }
      Scalar.finish(
        rows: 1, columns: window.inputVolume, y, rowStride: 0, rowBias: nil, columnBias: nil,
        residual: residual.map {
          $0.assumingMemoryBound(to: Scalar.self) + index * window.inputVolume
        }, epilogue.activation)
    }

    /// Adds what one element of the window makes of the whole input.
    private func add(
      _ x: UnsafePointer<Scalar>, tap: Int, to y: UnsafeMutablePointer<Scalar>
    ) {
      let geometry = window.geometry
      let (given, result, kernel) = (geometry.output, geometry.input, geometry.kernel)
      let (row, column) = (tap / kernel.width, tap % kernel.width)
      let shift = column * geometry.dilation.width - geometry.begin.width
      let step = geometry.stride.width
      // Columns whose place lies inside the output.
      let first = shift >= 0 ? 0 : (step - 1 - shift) / step
      let room = result.width - 1 - shift
      let end = room < 0 ? 0 : min(given.width, room / step + 1)
      guard first < end else { return }
      for i in 0..<given.depth {
        let depth =
          i * geometry.stride.depth + row / kernel.height * geometry.dilation.depth
          - geometry.begin.depth
        guard depth >= 0, depth < result.depth else { continue }
        for j in 0..<given.height {
          let height =
            j * geometry.stride.height + row % kernel.height * geometry.dilation.height
            - geometry.begin.height
          guard height >= 0, height < result.height else { continue }
          let source = x + (i * given.height + j) * given.width
          let target = y + (depth * result.height + height) * result.width + shift
          for k in first..<end { target[k * step] += source[k] }
        }
      }
    }
  }
}
