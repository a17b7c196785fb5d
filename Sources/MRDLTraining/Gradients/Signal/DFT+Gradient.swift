public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
public import MRDLOperators

/// y = F x is linear: δx is δy transformed the other way, F* δy.
public enum DFTRule: GradientRule {
  public static let operatorName = "DFT"
  public static let backwardOperators: [any Operator.Type] = [DFTInputGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(
      of: 0,
      to: step.add(
        DFTInputGradient.self, step.inputNames(filledTo: 3) + [residual], step.attributes))
  }
}

/// The residual of a signal from that of its transform: the inputs and attributes are those of DFT, and input 3 is
/// the residual of its output.
struct DFTInputGradient: Operator {
  static let name = "DFTInputGradient"
  static let domain = OperatorSet.mrdlDomain
  static let inputCount = 4...4

  private let forward: DFT

  init(attributes: inout AttributeReader) throws(MRDLError) {
    forward = try DFT(attributes: &attributes)
  }

  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType([0, 3], among: .realNumbers)
    return [try operands.required(0).withoutContent]
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let (shape, result) = (request.inputShape(0), request.inputShape(3))
    let (axis, length) = try forward.axisAndLength(request)
    let lines = shape.lines(along: axis)
    let width = shape[shape.rank - 1]
    let layout = DFTInputGradientLayout(
      transform: FourierTransform(length: length, isInverse: !forward.isInverse),
      // The transform back divides by the length.
      scale: forward.isInverse ? 1 / Double(length) : Double(length),
      outer: lines.outer, given: shape[axis], made: result[axis], inner: lines.inner / width,
      inputWidth: width, outputWidth: result[result.rank - 1],
      mirrors: forward.isInverse && forward.isOneSided)
    return try request.real(
      float32: DFTInputGradientKernel<Float>(layout: layout),
      float64: DFTInputGradientKernel<Double>(layout: layout))
  }
}

private struct DFTInputGradientLayout: Sendable {
  let transform: FourierTransform
  let scale: Double
  let outer: Int
  /// Numbers of a line of the signal.
  let given: Int
  /// Numbers of a line of the transform.
  let made: Int
  let inner: Int
  let inputWidth: Int
  let outputWidth: Int
  /// Whether the second half of what was transformed was the mirror image of the first.
  let mirrors: Bool

  /// How often a number of the signal was transformed, its mirror image counting as it does: what it adds to a real
  /// result is the same.
  func multiplicity(_ index: Int) -> Double {
    let length = transform.length
    guard mirrors else { return index < length ? 1 : 0 }
    if index > length / 2 { return 0 }
    return index > 0 && length - index > length / 2 ? 2 : 1
  }
}

private struct DFTInputGradientKernel<Element: RealElement>: Kernel {
  let layout: DFTInputGradientLayout

  var workspaceByteCount: Int { (layout.transform.length + layout.transform.workCount) * 16 }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let scratch = arguments.workspace.baseAddress else { return }
    let line = scratch.assumingMemoryBound(to: FourierTransform.Complex.self)
    let residuals = arguments.input(3, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    let length = layout.transform.length
    for number in 0..<(layout.outer * layout.inner) {
      let (block, offset) = number.quotientAndRemainder(dividingBy: layout.inner)
      for index in 0..<length {
        guard index < layout.made else {
          line[index] = FourierTransform.Complex(0, 0)
          continue
        }
        let place = ((block * layout.made + index) * layout.inner + offset) * layout.outputWidth
        line[index] = FourierTransform.Complex(
          Double(residuals[place]),
          layout.outputWidth == 2 ? Double(residuals[place + 1]) : 0)
      }
      layout.transform.run(line, work: line + length)
      for index in 0..<layout.given {
        let place = ((block * layout.given + index) * layout.inner + offset) * layout.inputWidth
        let count = layout.multiplicity(index)
        let factor = layout.scale * count
        result[place] = count == 0 ? 0 : Element(factor * line[index].real)
        if layout.inputWidth == 2 {
          result[place + 1] = count == 0 ? 0 : Element(factor * line[index].imaginary)
        }
      }
    }
  }
}
