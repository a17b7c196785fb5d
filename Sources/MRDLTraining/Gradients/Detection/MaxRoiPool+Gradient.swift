public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// y = the largest elements of the cells of regions, the first of which get the residuals.
///
/// Corners are rounded to whole elements, so that the loss is flat in them where it has a slope.
public enum MaxRoiPoolRule: GradientRule {
  public static let operatorName = "MaxRoiPool"
  public static let backwardOperators: [any Operator.Type] = [MaxRoiPoolInputGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    guard step.needs(0) else { return }
    step.setResidual(
      of: 0,
      to: step.add(
        MaxRoiPoolInputGradient.self, step.inputNames + [residual], step.attributes))
  }
}

/// The residual of feature maps: the inputs and attributes are those of MaxRoiPool, and input 2 is the residual of
/// its output.
struct MaxRoiPoolInputGradient: Operator {
  static let name = "MaxRoiPoolInputGradient"
  static let domain = OperatorSet.mrdlDomain
  static let inputCount = 3...3

  private let forward: MaxRoiPool

  init(attributes: inout AttributeReader) throws(MRDLError) {
    forward = try MaxRoiPool(attributes: &attributes)
  }

  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType(0..<3, among: .realNumbers)
    return [try operands.required(0).withoutContent]
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let cells = forward.cells(of: request.inputShape(0), at: request.place)
    let count = request.inputShape(1)[0]
    return try request.real(
      float32: MaxRoiPoolInputGradientKernel<Float>(cells: cells, regionCount: count),
      float64: MaxRoiPoolInputGradientKernel<Double>(cells: cells, regionCount: count))
  }
}

private struct MaxRoiPoolInputGradientKernel<Element: RealElement>: Kernel {
  let cells: RegionCells
  let regionCount: Int

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let x = arguments.input(0, as: Element.self)
    let numbers = arguments.input(1, as: Element.self)
    let residuals = arguments.input(2, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    result.update(repeating: 0)
    let (channels, area) = (cells.input[1], cells.input[2] * cells.input[3])
    let count = cells.rows * cells.columns
    for index in 0..<regionCount {
      let region = try cells.region { Double(numbers[index * 5 + $0]) }
      for channel in 0..<channels {
        let plane = (region.picture * channels + channel) * area
        for cell in 0..<count {
          let largest = cells.largest(in: cell, of: region, plane: plane) { x[$0] < x[$1] }
          if let largest {
            result[largest] += residuals[(index * channels + channel) * count + cell]
          }
        }
      }
    }
  }
}
