public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// y = the products of all elements up to each: δx_k = (Π_{j<k} x_j) Σ_{i≥k} δy_i Π_{k<j≤i} x_j, where the sum follows
/// from that of the next element, so that nothing is divided.
public enum CumProdRule: GradientRule {
  public static let operatorName = "CumProd"
  public static let backwardOperators: [any Operator.Type] = [CumProdGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(
      of: 0,
      to: step.add(
        CumProdGradient.self, [residual, step.inputNames[0], step.inputNames[1]],
        step.attributes))
  }
}

/// The residual of what was multiplied: inputs are the residual of the products, the data and the axis; the
/// attributes are those of CumProd.
struct CumProdGradient: BackwardOperator {
  static let name = "CumProdGradient"
  static let inputCount = 3...3

  private let isExclusive: Bool
  private let isReverse: Bool

  init(attributes: inout AttributeReader) throws(MRDLError) {
    isExclusive = try attributes.flag("exclusive")
    isReverse = try attributes.flag("reverse")
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    guard let axis = request.inputs[2]?.integers?.first else {
      throw MRDLError(
        .dataDependentShape, "the axis of products is not constant", at: request.place)
    }
    let lines = try AxisLines(request, axis: axis)
    return try request.real(
      float32: CumProdGradientKernel<Float>(
        lines: lines, isExclusive: isExclusive, isReverse: isReverse),
      float64: CumProdGradientKernel<Double>(
        lines: lines, isExclusive: isExclusive, isReverse: isReverse))
  }
}

private struct CumProdGradientKernel<Element: RealElement>: Kernel {
  let lines: AxisLines
  let isExclusive: Bool
  let isReverse: Bool

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let residuals = arguments.input(0, as: Element.self)
    let values = arguments.input(1, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    for line in 0..<lines.outer * lines.inner {
      let start = line / lines.inner * lines.count * lines.inner + line % lines.inner
      func place(_ step: Int) -> Int {
        start + (isReverse ? lines.count - 1 - step : step) * lines.inner
      }
      // The sums, from the last to the first; they stand in the result until the products are there.
      var sum = 0.0
      for step in (0..<lines.count).reversed() {
        let next = step + 1 < lines.count ? Double(values[place(step + 1)]) : 0
        if isExclusive {
          // The last element takes part in no product.
          sum =
            step + 1 < lines.count ? Double(residuals[place(step + 1)]) + next * sum : 0
        } else {
          sum = Double(residuals[place(step)]) + next * sum
        }
        result[place(step)] = Element(sum)
      }
      var product = 1.0
      for step in 0..<lines.count {
        result[place(step)] = Element(product * Double(result[place(step)]))
        product *= Double(values[place(step)])
      }
    }
  }
}
