public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// Sums a value over the axes along which a smaller one was repeated by broadcasting.
///
/// Input 0 is the value, input 1 lends its shape, which must broadcast to that of input 0. Sums are made
/// in double precision, in the order of the elements.
public struct SumToShape: BackwardOperator {
  public static let name = "SumToShape"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType(0..<1, among: .realNumbers)
    let value = try operands.required(0)
    let like = try operands.required(1)
    if let from = value.concreteShape, let to = like.concreteShape,
      to.broadcast(with: from) != from
    {
      throw operands.shapeMismatch(
        "a shape does not broadcast to another", found: "\(to)", expected: "\(from)")
    }
    return [ValueFacts(value.scalarType, like.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let from = request.inputShape(0)
    let to = request.inputShape(1)
    if from.elementCount == to.elementCount { return ViewKernel() }
    return try request.real(
      float32: SumToShapeKernel<Float>(from, to), float64: SumToShapeKernel<Double>(from, to))
  }
}

private struct SumToShapeKernel<Element: RealElement>: Kernel {
  /// The extents of the result, neighbouring axes that are all kept or all summed taken together, and
  /// for each whether it is kept.
  private let runs: [(extent: Int, isKept: Bool, sourceStride: Int)]
  private let keptCount: Int

  init(_ from: Shape, _ to: Shape) {
    var runs: [(extent: Int, isKept: Bool, sourceStride: Int)] = []
    var stride = 1
    for position in 0..<from.rank {
      let extent = from[from.rank - 1 - position]
      let isKept = position < to.rank && to[to.rank - 1 - position] == extent
      if extent != 1 {
        if let last = runs.last, last.isKept == isKept {
          runs[runs.count - 1].extent *= extent
        } else {
          runs.append((extent, isKept, stride))
        }
        stride *= extent
      }
    }
    // Innermost first.
    self.runs = runs
    keptCount = to.elementCount
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let values = arguments.input(0, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    for index in 0..<keptCount {
      // Where the elements that fall together begin.
      var rest = index
      var start = 0
      for run in runs where run.isKept {
        start += rest % run.extent * run.sourceStride
        rest /= run.extent
      }
      result[index] = Element(sum(values, from: start, run: runs.count - 1))
    }
  }

  /// The sum over all summed runs up to the given one, outermost first.
  private func sum(
    _ values: UnsafeBufferPointer<Element>, from start: Int, run index: Int
  ) -> Double {
    if index < 0 { return Double(values[start]) }
    let run = runs[index]
    if run.isKept { return sum(values, from: start, run: index - 1) }
    var total = 0.0
    if !runs[..<index].contains(where: { !$0.isKept }) {
      for step in 0..<run.extent { total += Double(values[start + step * run.sourceStride]) }
    } else {
      for step in 0..<run.extent {
        total += sum(values, from: start + step * run.sourceStride, run: index - 1)
      }
    }
    return total
  }
}
