public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
public import MRDLOperators

/// y = x at another resolution: each residual goes back to the elements that its own was made of, with the same
/// weights.
public enum ResizeRule: GradientRule {
  public static let operatorName = "Resize"
  public static let backwardOperators: [any Operator.Type] =
    GatherRule.backwardOperators + [ResizeGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    if step.attributes["coordinate_transformation_mode"] == .string("tf_crop_and_resize") {
      throw step.refusal("the region shown is data")
    }
    guard let mode = step.attributes["mode"], mode != .string("nearest") else {
      return try NearestMovement.differentiate(&step)
    }
    let residual = try step.outputResidual()
    step.setResidual(
      of: 0, to: step.add(ResizeGradient.self, [residual] + step.inputNames, step.attributes))
  }

  /// The nearest element is moved.
  private enum NearestMovement: MovementRule {
    static let movement: any Operator.Type = Resize.self
  }
}

/// The residual of Resize's input: inputs are the residual of the output, and those of Resize.
struct ResizeGradient: BackwardOperator {
  static let name = "ResizeGradient"
  static let inputCount = 2...5

  private let resize: Resize

  init(attributes: inout AttributeReader) throws(MRDLError) {
    resize = try Resize(attributes: &attributes)
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let (residual, input) = (request.inputShape(0), request.inputShape(1))
    guard residual.elementCount > 0 else {
      throw MRDLError(
        .badShape, "there are no residuals", found: "\(residual)", at: request.place)
    }
    let operands = Operands(
      Array(request.inputs.dropFirst()), outputCount: 1, place: request.place)
    let tables = try resize.tables(operands, input: input, output: residual)
    return ResamplingKernel(
      Resampling(residual, tables: tables.map { $0?.transposed }, scalarType: type))
  }
}
