internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// What the rules of normalisations along rows have in common: y = scale · n + bias with n = (x − mean) / σ,
/// where a root mean square takes no mean away.
///
/// With g = scale · δy, δx = (g − mean g − n · mean (g n)) / σ; δscale is the sum of δy · n and δbias that of δy.
protocol RowNormalizationRule: GradientRule {
  static var subtractsMean: Bool { get }
  /// Whether scale and bias have a number for each channel; elsewhere they are broadcast as by NumPy.
  static var isByChannel: Bool { get }
  /// The attributes of the backward operator that say what a row is.
  static func rows(_ step: GradientStep) -> [String: AttributeValue]
}

extension RowNormalizationRule {
  public static var backwardOperators: [any Operator.Type] {
    [RowNormalizationGradient.self, ChannelSum.self, InsertAxis.self]
  }

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    if step.outputResidual(1) != nil || step.outputResidual(2) != nil {
      throw step.refusal("the loss depends on statistics that have no derivative")
    }
    let residual = try step.outputResidual()
    var scale = step.inputNames[1]
    if isByChannel {
      for _ in 2..<max(2, try step.rank(0)) {
        scale = step.add(InsertAxis.self, [scale], ["axis": .integer(-1)])
      }
    }
    var attributes = rows(step)
    attributes["subtracts_mean"] = .integer(subtractsMean ? 1 : 0)
    if let epsilon = step.attributes["epsilon"] { attributes["epsilon"] = epsilon }
    let results = step.add(
      RowNormalizationGradient.self, [step.add("Mul", [residual, scale]), step.inputNames[0]],
      attributes, outputs: [step.needs(0), step.needs(1)])
    if step.needs(0) { step.setResidual(of: 0, to: results[0]) }
    if step.needs(1) {
      let product = step.add("Mul", [residual, results[1]])
      step.setResidual(of: 1, to: sum(&step, product, 1))
    }
    if step.needs(2) { step.setResidual(of: 2, to: sum(&step, residual, 2)) }
  }

  private static func sum(_ step: inout GradientStep, _ value: String, _ input: Int) -> String {
    isByChannel
      ? step.add(ChannelSum.self, [value])
      : step.add(SumToShape.self, [value, step.inputNames[input]])
  }
}

/// The residual of what was normalised, and what it was normalised to: input 0 is the residual of the
/// normalised rows, input 1 what they were made of.
struct RowNormalizationGradient: Operator {
  static let name = "RowNormalizationGradient"
  static let domain = OperatorSet.mrdlDomain
  static let inputCount = 2...2
  static let outputCount = 1...2

  private let subtractsMean: Bool
  private let epsilon: Double
  private let axis: Int?
  private let groupCount: Int?

  init(attributes: inout AttributeReader) throws(MRDLError) {
    subtractsMean = try attributes.flag("subtracts_mean")
    epsilon = try attributes.float("epsilon", default: 1e-5)
    axis = try attributes.integer("axis")
    groupCount = try attributes.integer("num_groups")
  }

  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType(0..<2, among: .realNumbers)
    let facts = try operands.required(1).withoutContent
    return [ValueFacts](repeating: facts, count: operands.outputCount)
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(1)
    let rows: Int
    if let groupCount {
      rows = shape[0] * groupCount
    } else {
      let first = axis ?? -1
      rows = shape.dimensions[..<min(first < 0 ? first + shape.rank : first, shape.rank)]
        .reduce(1, *)
    }
    return try request.real(
      float32: RowNormalizationGradientKernel<Float>(
        rows: rows, length: shape.elementCount / max(rows, 1), subtractsMean: subtractsMean,
        epsilon: epsilon),
      float64: RowNormalizationGradientKernel<Double>(
        rows: rows, length: shape.elementCount / max(rows, 1), subtractsMean: subtractsMean,
        epsilon: epsilon))
  }
}

private struct RowNormalizationGradientKernel<Element: RealElement>: Kernel {
  let rows: Int
  let length: Int
  let subtractsMean: Bool
  let epsilon: Double

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let residuals = arguments.input(0, as: Element.self)
    let values = arguments.input(1, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    let normalised = arguments.output(1, as: Element.self)
    guard length > 0 else { return }
    let count = Double(length)
    for row in 0..<rows {
      let range = (row * length)..<((row + 1) * length)
      let x = UnsafeBufferPointer(rebasing: values[range])
      guard let start = x.baseAddress else { return }
      let mean = subtractsMean ? Element.sum(length, start) / count : 0
      let squares = Element.centredSquares(length, mean: Element(mean), start)
      let inverse = 1 / (squares / count + epsilon).squareRoot()
      if arguments.hasOutput(1) {
        for index in range { normalised[index] = Element((Double(values[index]) - mean) * inverse) }
      }
      guard arguments.hasOutput(0) else { continue }
      var (sum, product) = (0.0, 0.0)
      for index in range {
        let g = Double(residuals[index])
        sum += g
        product += g * (Double(values[index]) - mean) * inverse
      }
      let (first, second) = (subtractsMean ? sum / count : 0, product / count)
      for index in range {
        let n = (Double(values[index]) - mean) * inverse
        result[index] = Element((Double(residuals[index]) - first - n * second) * inverse)
      }
    }
  }
}
