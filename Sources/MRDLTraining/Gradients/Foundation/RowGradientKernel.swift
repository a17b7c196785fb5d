internal import MRDLCore
internal import MRDLOperators

/// Walks along the lines of an axis: input 0 is the residual of the output, input 1 the output.
struct RowGradientKernel<Element: RealElement>: Kernel {
  let lines: AxisLines
  /// Rows, columns, values, residuals and what becomes of them, all dense.
  let rows:
    @Sendable (
      Int, Int, UnsafePointer<Element>, UnsafePointer<Element>, UnsafeMutablePointer<Element>
    ) -> Void

  /// A line of values, of residuals and of results side by side, where they are not in the tensor.
  var workspaceByteCount: Int {
    lines.inner == 1 ? 0 : 3 * lines.count * MemoryLayout<Element>.stride
  }

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let residuals = arguments.input(0, as: Element.self).baseAddress,
      let values = arguments.input(1, as: Element.self).baseAddress,
      let result = arguments.output(0, as: Element.self).baseAddress
    else { return }
    if lines.inner == 1 {
      rows(lines.outer, lines.count, values, residuals, result)
      return
    }
    guard let line = arguments.workspace.assumingMemoryBound(to: Element.self).baseAddress
    else { return }
    for number in 0..<lines.outer * lines.inner {
      let first = number / lines.inner * lines.count * lines.inner + number % lines.inner
      for index in 0..<lines.count {
        line[index] = values[first + index * lines.inner]
        line[lines.count + index] = residuals[first + index * lines.inner]
      }
      rows(1, lines.count, line, line + lines.count, line + 2 * lines.count)
      for index in 0..<lines.count {
        result[first + index * lines.inner] = line[2 * lines.count + index]
      }
    }
  }
}
