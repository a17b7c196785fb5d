public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// y = Σ x over some axes: every element that was summed gets the residual of the sum.
public enum ReduceSumRule: GradientRule {
  public static let operatorName = "ReduceSum"
  public static let backwardOperators: [any Operator.Type] = [RepeatLike.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.repeatResidual(isMean: false)
  }
}

extension GradientStep {
  /// Gives every element of input 0 the residual of the sum or the mean that it went into.
  mutating func repeatResidual(isMean: Bool) throws(MRDLError) {
    if needs(1) { throw refusal("axes have no derivative") }
    let residual = try outputResidual()
    var attributes = node.attributes
    if isMean { attributes["mean"] = .integer(1) }
    setResidual(of: 0, to: add(RepeatLike.self, [residual] + node.inputs, attributes))
  }
}

/// Repeats a value along the axes of a reduction: input 0 is the residual, input 1 lends the shape of what
/// was reduced, input 2 tells the axes.
public struct RepeatLike: BackwardOperator {
  public static let name = "RepeatLike"
  public static let inputCount = 2...3

  let axes: [Int]?
  let doesNothingWithoutAxes: Bool
  /// Whether the residual is shared out among the elements: that of a mean.
  let isMean: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axes = try attributes.integers("axes")
    // Whether the reduced axes stayed does not matter: their extents are 1.
    _ = try attributes.flag("keepdims", default: true)
    doesNothingWithoutAxes = try attributes.flag("noop_with_empty_axes")
    isMean = try attributes.flag("mean")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType(0..<2, among: .realNumbers)
    return [try operands.required(1).withoutContent]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(1)
    var wanted = axes ?? []
    if request.inputs.count > 2, let facts = request.inputs[2] {
      guard let integers = facts.integers else {
        throw MRDLError(
          .dataDependentShape, "the axes of a reduction are not constant", at: request.place)
      }
      wanted = integers
    }
    if wanted.isEmpty && !doesNothingWithoutAxes { wanted = Array(0..<shape.rank) }
    var reduced: Set<Int> = []
    for axis in wanted {
      guard let axis = shape.normalizedAxis(axis) else {
        throw MRDLError(
          .badAttribute, "an axis lies outside the tensor", found: "\(axis)",
          expected: "one of \(shape.rank) axes", at: request.place)
      }
      reduced.insert(axis)
    }
    return try request.real(
      float32: RepeatLikeKernel<Float>(shape, reduced: reduced, isMean: isMean),
      float64: RepeatLikeKernel<Double>(shape, reduced: reduced, isMean: isMean))
  }
}

private struct RepeatLikeKernel<Element: RealElement>: Kernel {
  private let extents: [Int]
  /// The distance in the residual between neighbours along each axis; 0 where it is repeated.
  private let strides: [Int]
  private let factor: Element

  init(_ shape: Shape, reduced: Set<Int>, isMean: Bool) {
    extents = shape.dimensions
    var strides = [Int](repeating: 0, count: shape.rank)
    var stride = 1
    var count = 1
    for axis in shape.dimensions.indices.reversed() {
      if reduced.contains(axis) {
        count *= shape[axis]
      } else {
        strides[axis] = stride
        stride *= shape[axis]
      }
    }
    self.strides = strides
    factor = isMean ? 1 / Element(max(count, 1)) : 1
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let residuals = arguments.input(0, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    guard let inner = extents.last, let innerStride = strides.last else {
      if !result.isEmpty { result[0] = factor * residuals[0] }
      return
    }
    for line in 0..<(inner == 0 ? 0 : result.count / inner) {
      var rest = line
      var start = 0
      for axis in stride(from: extents.count - 2, through: 0, by: -1) {
        start += rest % extents[axis] * strides[axis]
        rest /= extents[axis]
      }
      for index in 0..<inner {
        result[line * inner + index] = factor * residuals[start + index * innerStride]
      }
    }
  }
}
