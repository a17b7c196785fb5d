public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
public import MRDLOperators

/// y = F (w · x) for each frame: with h = F* δy, δx is the sum of w · h over the frames that an element is in, and δw
/// that of Re (x̄ h) over all frames.
public enum STFTRule: GradientRule {
  public static let operatorName = "STFT"
  public static let backwardOperators: [any Operator.Type] = [STFTGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let results = step.add(
      STFTGradient.self, step.inputNames(filledTo: 4) + [residual], step.attributes,
      outputs: [step.needs(0)] + (step.needs(2) ? [true] : []))
    if step.needs(0) { step.setResidual(of: 0, to: results[0]) }
    if step.needs(2) { step.setResidual(of: 2, to: results[1]) }
  }
}

/// The residuals of a signal and a window: the inputs and attributes are those of STFT, and input 4 is the residual
/// of its output.
struct STFTGradient: Operator {
  static let name = "STFTGradient"
  static let domain = OperatorSet.mrdlDomain
  static let inputCount = 5...5
  static let outputCount = 1...2

  private let forward: STFT

  init(attributes: inout AttributeReader) throws(MRDLError) {
    forward = try STFT(attributes: &attributes)
  }

  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType([0, 2, 4], among: .realNumbers)
    let signal = try operands.required(0).withoutContent
    guard operands.outputCount > 1 else { return [signal] }
    return [signal, try operands.required(2).withoutContent]
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let (shape, result) = (request.inputShape(0), request.inputShape(4))
    let (step, frame) = try forward.sizes(request)
    let layout = STFTLayout(
      transform: FourierTransform(length: frame, isInverse: true), batch: shape[0],
      length: shape[1], width: shape.rank == 3 ? shape[2] : 1, step: step, frames: result[1],
      bins: result[2])
    return try request.real(
      float32: STFTGradientKernel<Float>(layout: layout),
      float64: STFTGradientKernel<Double>(layout: layout))
  }
}

private struct STFTLayout: Sendable {
  let transform: FourierTransform
  let batch: Int
  let length: Int
  let width: Int
  let step: Int
  let frames: Int
  let bins: Int
}

private struct STFTGradientKernel<Element: RealElement>: Kernel {
  let layout: STFTLayout

  /// A frame and the sums of a signal and of the window.
  var workspaceByteCount: Int {
    (layout.transform.length + layout.transform.workCount) * 16
      + (layout.length * layout.width + layout.transform.length) * 8
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let scratch = arguments.workspace.baseAddress else { return }
    let count = layout.transform.length
    let line = scratch.assumingMemoryBound(to: FourierTransform.Complex.self)
    let sums = (scratch + (count + layout.transform.workCount) * 16)
      .assumingMemoryBound(to: Double.self)
    let numberCount = layout.length * layout.width
    let weights = sums + numberCount
    weights.update(repeating: 0, count: count)
    let x = arguments.input(0, as: Element.self)
    let residuals = arguments.input(4, as: Element.self)
    for signal in 0..<layout.batch {
      sums.update(repeating: 0, count: numberCount)
      for frame in 0..<layout.frames {
        let number = signal * layout.frames + frame
        for bin in 0..<count {
          let place = (number * layout.bins + bin) * 2
          line[bin] =
            bin < layout.bins
            ? FourierTransform.Complex(Double(residuals[place]), Double(residuals[place + 1]))
            : FourierTransform.Complex(0, 0)
        }
        layout.transform.run(line, work: line + count)
        for index in 0..<count {
          let place = (frame * layout.step + index) * layout.width
          let weight =
            arguments.hasInput(2) ? Double(arguments.input(2, as: Element.self)[index]) : 1
          // The transform back divides by the length.
          let real = line[index].real * Double(count)
          sums[place] += weight * real
          weights[index] += Double(x[signal * numberCount + place]) * real
          if layout.width == 2 {
            let imaginary = line[index].imaginary * Double(count)
            sums[place + 1] += weight * imaginary
            weights[index] += Double(x[signal * numberCount + place + 1]) * imaginary
          }
        }
      }
      if arguments.hasOutput(0) {
        let result = arguments.output(0, as: Element.self)
        for index in 0..<numberCount { result[signal * numberCount + index] = Element(sums[index]) }
      }
    }
    if arguments.hasOutput(1) {
      let result = arguments.output(1, as: Element.self)
      for index in 0..<count { result[index] = Element(weights[index]) }
    }
  }
}
