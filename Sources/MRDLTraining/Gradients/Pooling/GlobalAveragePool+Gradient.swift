public import MRDLCore
public import MRDLOperators

/// The residual of a plane's mean is shared out equally among the elements of the plane.
public enum GlobalAveragePoolRule: GradientRule {
  public static let operatorName = "GlobalAveragePool"
  public static let backwardOperators: [any Operator.Type] = [GlobalAveragePoolGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(
      of: 0, to: step.add(GlobalAveragePoolGradient.self, [residual, step.inputNames[0]]))
  }
}

/// The residual of GlobalAveragePool's input.
public struct GlobalAveragePoolGradient: BackwardOperator {
  public static let name = "GlobalAveragePoolGradient"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let input = request.inputShape(1)
    let planeCount = input[0] * input[1]
    let volume = input.dimensions[2...].reduce(1, *)
    return try request.real(
      float32: GlobalAveragePoolGradientKernel<Float>(planeCount: planeCount, volume: volume),
      float64: GlobalAveragePoolGradientKernel<Double>(planeCount: planeCount, volume: volume))
  }
}

private struct GlobalAveragePoolGradientKernel<Element: RealElement>: Kernel {
  let planeCount: Int
  let volume: Int

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let residuals = arguments.input(0, as: Element.self).baseAddress,
      let result = arguments.output(0, as: Element.self).baseAddress
    else { return }
    for plane in 0..<planeCount {
      (result + plane * volume).update(
        repeating: residuals[plane] / Element(volume), count: volume)
    }
  }
}
