package import MRDLCore
internal import MRDLModel

/// A reduction of numbers of any type that is computed element after element, real numbers in double
/// precision.
package protocol FoldedReduction: AxisReduction {
  static var fold: ReductionFold { get }
}

/// What becomes of the elements x of a line.
package enum ReductionFold: Sendable {
  /// Σ |x|
  case l1
  /// √Σ x²
  case l2
  /// log Σ x
  case logSum
  /// log Σ exp(x)
  case logSumExp
  /// The smallest; NaN wins.
  case minimum
  /// Π x
  case product
  /// Σ x²
  case sumOfSquares
}

extension FoldedReduction {
  package static var scalarTypes: Set<ScalarType> { .arithmetic }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard type.hasNumbers || type == .bool else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    let operands = Operands(request.inputs, outputCount: 1, place: request.place)
    guard let axes = try options.axes(operands, rank: shape.rank) else {
      preconditionFailure("a kernel is asked for before the axes are known")
    }
    if axes.isEmpty, options.emptyAxesKeepAll { return ViewKernel() }
    return FoldKernel(
      fold: Self.fold, type: type,
      starts: shape.offsets(along: (0..<shape.rank).filter { !axes.contains($0) }),
      steps: shape.offsets(along: axes))
  }
}

private struct FoldKernel: Kernel {
  let fold: ReductionFold
  let type: ScalarType
  /// Where each line begins.
  let starts: [Int]
  /// Where the elements of a line lie behind its beginning.
  let steps: [Int]

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0), output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: FoldKernel
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let steps = kernel.steps
      @inline(__always) func reals(
        _ line: Int, _ start: Double, _ next: (Double, Double) -> Double
      ) -> Double {
        steps.reduce(start) { next($0, x[line + $1].real) }
      }
      let isReal = kernel.type.isFloatingPoint
      for (index, line) in kernel.starts.enumerated() {
        switch kernel.fold {
        case .l1 where isReal: y[index] = Number(nearest: reals(line, 0) { $0 + abs($1) })
        case .product where isReal: y[index] = Number(nearest: reals(line, 1) { $0 * $1 })
        case .sumOfSquares where isReal:
          y[index] = Number(nearest: reals(line, 0) { $0 + $1 * $1 })
        case .l1:
          y[index] = steps.reduce(.zero) { sum, step in
            let value = x[line + step]
            return sum.adding(value < .zero ? Number.zero.subtracting(value) : value)
          }
        case .product: y[index] = steps.reduce(.one) { $0.multiplied(by: x[line + $1]) }
        case .sumOfSquares:
          y[index] = steps.reduce(.zero) {
            $0.adding(x[line + $1].multiplied(by: x[line + $1]))
          }
        case .l2: y[index] = Number(nearest: reals(line, 0) { $0 + $1 * $1 }.squareRoot())
        case .logSum: y[index] = Number(nearest: logarithm(reals(line, 0) { $0 + $1 }))
        case .logSumExp:
          let largest = reals(line, -.infinity) { max($0, $1) }
          let shift = largest.isFinite ? largest : 0
          let sum = reals(line, 0) { $0 + exponential($1 - shift) }
          y[index] = Number(nearest: shift + logarithm(sum))
        case .minimum:
          guard let first = steps.first else {
            y[index] = Number(nearest: .infinity)
            continue
          }
          y[index] = steps.dropFirst().reduce(x[line + first]) { low, step in
            let value = x[line + step]
            return low.isNotANumber || low < value ? low : value
          }
        }
      }
    }
  }
}
