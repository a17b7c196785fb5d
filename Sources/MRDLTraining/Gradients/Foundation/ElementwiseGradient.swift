internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// A backward operator whose output at one place depends on the residual and one value there.
///
/// Input 0 is the residual of the output, input 1 the value that the derivative is made from: the
/// operator's input or its output, whichever is cheaper to keep.
protocol ElementwiseGradient: BackwardOperator {
  /// Computes residuals of the input from values and residuals of the output.
  func residuals<Element: RealElement>(
    _ count: Int, at values: UnsafePointer<Element>, _ residuals: UnsafePointer<Element>,
    _ result: UnsafeMutablePointer<Element>)
}

extension ElementwiseGradient {
  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try request.real(
      float32: ElementwiseGradientKernel<Self, Float>(gradient: self),
      float64: ElementwiseGradientKernel<Self, Double>(gradient: self))
  }
}

/// Walks over residuals and values at once.
struct ElementwiseGradientKernel<Gradient: ElementwiseGradient, Element: RealElement>: Kernel {
  let gradient: Gradient

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let result = arguments.output(0, as: Element.self)
    guard let residuals = arguments.input(0, as: Element.self).baseAddress,
      let values = arguments.input(1, as: Element.self).baseAddress,
      let target = result.baseAddress
    else { return }
    let pieces = EqualPieces(of: result.count, step: 16_384)
    WorkerPool.run(
      Residuals(
        gradient: gradient, pieces: pieces, residuals: residuals, values: values, result: target),
      count: pieces.count, threadLimit: arguments.threadLimit)
  }

  private struct Residuals: ParallelWork {
    let gradient: Gradient
    let pieces: EqualPieces
    let residuals: UnsafePointer<Element>
    let values: UnsafePointer<Element>
    let result: UnsafeMutablePointer<Element>

    func run(index: Int, slot: Int) {
      let (first, count) = (pieces[index].lowerBound, pieces[index].count)
      gradient.residuals(
        count, at: values + first, residuals + first, result + first)
    }
  }
}
