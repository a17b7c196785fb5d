package import MRDLCore
internal import MRDLModel

/// What ArgMax and ArgMin have in common: the index of the extreme along `axis` (0 unless given).
///
/// The axis stays with an extent of 1 unless `keepdims` is 0. Of equal elements the first is taken, with
/// `select_last_index` the last.
package protocol ArgOperator: Operator {
  static var findsLargest: Bool { get }
  var options: ArgOptions { get }
}

/// The attributes of ArgMax and ArgMin.
package struct ArgOptions: Sendable {
  let axis: Int
  let keepsAxis: Bool
  let takesLast: Bool

  init(_ attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: 0)
    keepsAxis = try attributes.flag("keepdims", default: true)
    takesLast = try attributes.flag("select_last_index")
  }
}

extension ArgOperator {
  public static var inputCount: ClosedRange<Int> { 1...1 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .arithmetic)
    guard var shape = data.shape else { return [ValueFacts(.int64, nil)] }
    let axis = try operands.axis(options.axis, rank: shape.rank)
    if shape.rank > 0 {
      if shape[axis] == 0 {
        throw operands.shapeMismatch("an axis without elements has no extreme", found: "\(shape)")
      }
      if options.keepsAxis { shape[axis] = 1 } else { shape.dimensions.remove(at: axis) }
    }
    return [ValueFacts(.int64, shape)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    Cost(otherOperations: inputs[0]?.concreteShape?.elementCount ?? 0)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard type.hasNumbers else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    let lines =
      shape.normalizedAxis(options.axis).map { shape.lines(along: $0) } ?? (1, 1, 1)
    return ArgKernel(
      lines: lines, findsLargest: Self.findsLargest, takesLast: options.takesLast, type: type)
  }
}

private struct ArgKernel: Kernel {
  let lines: (outer: Int, length: Int, inner: Int)
  let findsLargest: Bool
  let takesLast: Bool
  let type: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0),
        output: arguments.output(0, as: Int64.self)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: ArgKernel
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableBufferPointer<Int64>

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let (outer, length, inner) = kernel.lines
      for line in 0..<(outer * inner) {
        let start = line / inner * length * inner + line % inner
        var best = 0
        for index in 1..<max(length, 1) {
          let (old, value) = (x[start + best * inner], x[start + index * inner])
          if old.isNotANumber { break }
          let isBetter =
            value.isNotANumber || (kernel.findsLargest ? value > old : value < old)
            || (kernel.takesLast && value == old)
          if isBetter { best = index }
        }
        output[line] = Int64(best)
      }
    }
  }
}
