internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// A backward operator of a pooling with its attributes: inputs are the residual of the output and the input.
protocol PoolingGradient: BackwardOperator {
  associatedtype Forward: PoolingOperator
  var pooling: Forward { get }
}

extension PoolingGradient {
  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let input = request.inputShape(1)
    let planeCount = input[0] * input[1]
    let window = pooling.window.window(
      input: Array(input.dimensions[2...]), kernel: pooling.window.kernelShape ?? [])
    return try request.real(
      float32: PoolingGradientKernel<Float>(
        kind: pooling.kind, planeCount: planeCount, window: window),
      float64: PoolingGradientKernel<Double>(
        kind: pooling.kind, planeCount: planeCount, window: window))
  }
}

struct PoolingGradientKernel<Element: RealElement>: Kernel {
  let kind: Pooling.Kind
  let planeCount: Int
  let window: Window

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let residual = arguments.input(0, as: Element.self).baseAddress,
      let input = arguments.input(1, as: Element.self).baseAddress,
      let result = arguments.output(0, as: Element.self).baseAddress
    else { return }
    let work = Planes(kernel: self, residual: residual, input: input, result: result)
    WorkerPool.run(work, count: work.pieceCount, threadLimit: arguments.threadLimit)
  }

  /// Some planes, which share nothing with any other.
  private struct Planes: ParallelWork {
    let kernel: PoolingGradientKernel
    let residual: UnsafePointer<Element>
    let input: UnsafePointer<Element>
    let result: UnsafeMutablePointer<Element>

    private var step: Int {
      let work = max(kernel.window.outputVolume * kernel.window.kernelVolume, 1)
      return max(1, min(kernel.planeCount, ProductBlocking.leastParallelWork / work))
    }

    var pieceCount: Int { (kernel.planeCount + step - 1) / step }

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    func run(index: Int, slot: Int) {
      let first = index * step
      let count = min(step, kernel.planeCount - first)
      let from = residual + first * kernel.window.outputVolume
      let to = result + first * kernel.window.inputVolume
      switch kernel.kind {
      case .maximum:
        Element.maxPoolBackward(
          kernel.window.geometry, planes: count, input + first * kernel.window.inputVolume, from,
          to)
      case .average(let countsPadding):
        Element.averagePoolBackward(
          kernel.window.geometry, planes: count, from, to, countsPadding: countsPadding)
      }
    }
  }
}
