package import MRDLCore
internal import MRDLModel

/// What CumSum and CumProd have in common: along an axis, the result of all elements up to each.
///
/// Inputs: the data, and the axis, a single number. `exclusive` leaves out the element itself; `reverse`
/// begins at the end.
package protocol CumulativeOperator: Operator {
  static var isProduct: Bool { get }
  var options: CumulativeOptions { get }
}

/// The attributes of CumSum and CumProd.
package struct CumulativeOptions: Sendable {
  let isExclusive: Bool
  let isReverse: Bool

  init(_ attributes: inout AttributeReader) throws(MRDLError) {
    isExclusive = try attributes.flag("exclusive")
    isReverse = try attributes.flag("reverse")
  }
}

extension CumulativeOperator {
  public static var inputCount: ClosedRange<Int> { 2...2 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .arithmetic)
    _ = try operands.required(1, of: [.int32, .int64])
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard type.hasNumbers else { throw request.unsupportedType(type) }
    return CumulativeKernel(
      shape: request.inputShape(0), isProduct: Self.isProduct, options: options, type: type,
      axisType: request.inputType(1), place: request.place)
  }
}

private struct CumulativeKernel: Kernel {
  let shape: Shape
  let isProduct: Bool
  let options: CumulativeOptions
  let type: ScalarType
  let axisType: ScalarType
  let place: Place

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let axes = IndexBuffer(arguments.inputBytes(1), axisType)
    guard axes.count == 1 else {
      throw MRDLError(
        .operatorFailed, "the axis is not a single number",
        found: Quantity.count(axes.count, "number"),
        at: place)
    }
    let axis = try axes.position(0, extent: shape.rank, place)
    try type.accept(
      Visitor(
        kernel: self, lines: shape.lines(along: axis), input: arguments.inputBytes(0),
        output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: CumulativeKernel
    let lines: (outer: Int, length: Int, inner: Int)
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      for line in 0..<(lines.outer * lines.inner) {
        let start = line / lines.inner * lines.length * lines.inner + line % lines.inner
        var result: Number = kernel.isProduct ? .one : .zero
        for step in 0..<lines.length {
          let index = kernel.options.isReverse ? lines.length - 1 - step : step
          let place = start + index * lines.inner
          let next =
            kernel.isProduct ? result.multiplied(by: x[place]) : result.adding(x[place])
          y[place] = kernel.options.isExclusive ? result : next
          result = next
        }
      }
    }
  }
}
