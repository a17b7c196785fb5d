public import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// y = α A B + β C, where A and B may be transposed: the dense layer (3-5), (3-10).
///
/// With x as A and W as B: the residual of the weights is δ f(uˡ⁻¹) (3-14), that of the bias the sum of δ
/// over the batch (3-15), and that of the layer below Wᵀ δ (3-17), whose factor f′ the activation's rule
/// adds. Each is a product again.
public enum GemmRule: GradientRule {
  public static let operatorName = "Gemm"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let a = step.inputNames[0]
    let b = step.inputNames[1]
    let transposesA = flag(step, "transA")
    let transposesB = flag(step, "transB")
    if step.needs(0) {
      step.setResidual(
        of: 0,
        to: transposesA
          ? product(&step, b, residual, transposesB, true)
          : product(&step, residual, b, false, !transposesB))
    }
    if step.needs(1) {
      step.setResidual(
        of: 1,
        to: transposesB
          ? product(&step, residual, a, true, transposesA)
          : product(&step, a, residual, !transposesA, false))
    }
    if step.needs(2) { try differentiateSummand(&step, residual) }
  }

  private static func flag(_ step: GradientStep, _ name: String) -> Bool {
    step.attributes[name] == .integer(1)
  }

  /// α times the product of two matrices.
  private static func product(
    _ step: inout GradientStep, _ left: String, _ right: String, _ transposesLeft: Bool,
    _ transposesRight: Bool
  ) -> String {
    var attributes: [String: AttributeValue] = [:]
    if let alpha = step.attributes["alpha"] { attributes["alpha"] = alpha }
    if transposesLeft { attributes["transA"] = .integer(1) }
    if transposesRight { attributes["transB"] = .integer(1) }
    return step.add("Gemm", [left, right], attributes)
  }

  private static func differentiateSummand(
    _ step: inout GradientStep, _ residual: String
  ) throws(MRDLError) {
    let beta: Double
    switch step.attributes["beta"] {
    case nil: beta = 1
    case .float(let value): beta = value
    case .integer(let value): beta = Double(value)
    default: throw step.refusal("the attribute \"beta\" is not a number")
    }
    let scaled =
      beta == 1
      ? residual : step.add(ScaleByConstant.self, [residual], ["factor": .float(beta)])
    try step.setResidual(of: 2, toSumOf: scaled)
  }
}
