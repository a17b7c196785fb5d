internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// The rule of a reduction whose derivative depends on the elements.
protocol ReductionRule: GradientRule {}

extension ReductionRule {
  public static var backwardOperators: [any Operator.Type] { [ReductionGradient.self] }

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    if step.needs(1) { throw step.refusal("axes have no derivative") }
    let residual = try step.outputResidual()
    var attributes = step.attributes
    attributes["reduction"] = .string(operatorName)
    let axes = step.inputNames.count > 1 ? step.inputNames[1] : ""
    step.setResidual(
      of: 0,
      to: step.add(
        ReductionGradient.self, [residual, step.inputNames[0], step.outputNames[0], axes],
        attributes))
  }
}

/// The residual of what was reduced: inputs are the residual of the result, what was reduced, the result,
/// and maybe the axes. The attribute `reduction` names the operator; the others are those of the operator.
///
/// Where several elements are the largest or the smallest, they share the residual.
struct ReductionGradient: BackwardOperator {
  static let name = "ReductionGradient"
  static let inputCount = 3...4

  enum Reduction: String, CaseIterable, Sendable {
    case max = "ReduceMax"
    case min = "ReduceMin"
    case product = "ReduceProd"
    case l1 = "ReduceL1"
    case l2 = "ReduceL2"
    case sumOfSquares = "ReduceSumSquare"
    case logSum = "ReduceLogSum"
    case logSumOfExponentials = "ReduceLogSumExp"
  }

  private let reduction: Reduction
  private let options: ReductionOptions

  init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try attributes.choice("reduction", default: .max)
    // All reductions have the same attributes.
    options = try ReduceMax(attributes: &attributes).options
  }

  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType(0..<3, among: .realNumbers)
    return [try operands.required(1).withoutContent]
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(1)
    // The axes as the reduction has them: its input 1 is input 3 here.
    let axes = request.inputs.count > 3 ? request.inputs[3] : nil
    let operands = Operands([request.inputs[1], axes], outputCount: 1, place: request.place)
    guard let reduced = try options.axes(operands, rank: shape.rank) else {
      throw MRDLError(
        .dataDependentShape, "the axes of a reduction are not constant", at: request.place)
    }
    return try request.real(
      float32: ReductionGradientKernel<Float>(reduction, shape, reduced),
      float64: ReductionGradientKernel<Double>(reduction, shape, reduced))
  }
}

private struct ReductionGradientKernel<Element: RealElement>: Kernel {
  let reduction: ReductionGradient.Reduction
  /// The first element of each result, and where the others lie from there.
  let starts: [Int]
  let offsets: [Int]

  init(_ reduction: ReductionGradient.Reduction, _ shape: Shape, _ axes: [Int]) {
    self.reduction = reduction
    func places(_ wanted: (Int) -> Bool) -> [Int] {
      var places = [0]
      var stride = shape.elementCount
      for axis in 0..<shape.rank {
        stride = shape[axis] == 0 ? 0 : stride / shape[axis]
        if !wanted(axis) { continue }
        places = places.flatMap { place in (0..<shape[axis]).map { place + $0 * stride } }
      }
      return places
    }
    starts = places { !axes.contains($0) }
    offsets = places { axes.contains($0) }
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let residuals = arguments.input(0, as: Element.self)
    let values = arguments.input(1, as: Element.self)
    let results = arguments.input(2, as: Element.self)
    let output = arguments.output(0, as: Element.self)
    for (index, start) in starts.enumerated() {
      let (dy, y) = (Double(residuals[index]), Double(results[index]))
      func each(_ derivative: (Double) -> Double) {
        for offset in offsets {
          output[start + offset] = Element(dy * derivative(Double(values[start + offset])))
        }
      }
      switch reduction {
      case .max, .min:
        let ties = offsets.count { values[start + $0] == results[index] }
        each { $0 == y ? 1 / Double(ties) : 0 }
      case .l1: each { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
      case .l2: each { y == 0 ? 0 : $0 / y }
      case .sumOfSquares: each { 2 * $0 }
      case .logSum: each { _ in exponential(-y) }
      case .logSumOfExponentials: each { exponential($0 - y) }
      case .product:
        // The product of the others, which is 0 where two elements or more are.
        let zeros = offsets.count { values[start + $0] == 0 }
        let product = offsets.reduce(1.0) {
          let value = Double(values[start + $1])
          return value == 0 ? $0 : $0 * value
        }
        each { $0 == 0 ? (zeros == 1 ? product : 0) : zeros == 0 ? product / $0 : 0 }
      }
    }
  }
}
