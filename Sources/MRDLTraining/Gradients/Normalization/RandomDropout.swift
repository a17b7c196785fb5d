public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
public import MRDLOperators

/// Dropout in training (Srivastava et al., 2014): every element becomes 0 with probability `ratio`, and is
/// multiplied by 1 / (1 − ratio) otherwise.
///
/// Input 1 tells the seed and the step, i64 [2]. Which elements are dropped depends on them, on the
/// attribute `layer` and on the place of the element: nothing has to be remembered for the way back, which
/// is the same operator on the residual.
public struct RandomDropout: Operator {
  public static let name = "RandomDropout"
  public static let domain = OperatorSet.mrdlDomain
  public static let inputCount = 2...2

  let ratio: Double
  let layer: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    ratio = try attributes.float("ratio", default: 0.5)
    layer = try attributes.integer("layer", default: 0, in: 0...0xFFFF)
    guard ratio >= 0, ratio < 1 else {
      throw attributes.wrongValue("ratio", "\(ratio)", "at least 0 and below 1")
    }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let key = try operands.required(1, of: [.int64])
    if let shape = key.concreteShape, shape != [2] {
      throw operands.shapeMismatch(
        "the key of random numbers has the wrong shape", found: "\(shape)", expected: "[2]")
    }
    return [try operands.required(0, of: .realNumbers).withoutContent]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try request.real(
      float32: RandomDropoutKernel<Float>(dropout: self),
      float64: RandomDropoutKernel<Double>(dropout: self))
  }
}

private struct RandomDropoutKernel<Element: RealElement>: Kernel {
  let dropout: RandomDropout

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let key = arguments.input(1, as: Int64.self)
    let result = arguments.output(0, as: Element.self)
    guard let values = arguments.input(0, as: Element.self).baseAddress,
      let target = result.baseAddress
    else { return }
    let stream = RandomStream.dropout(layer: dropout.layer, step: Int(key[1]))
    let words = DropoutWords(
      seed: UInt64(bitPattern: key[0]), stream: stream.number, first: 0,
      threshold: UInt32(dropout.ratio * 0x1p32))
    let pieces = EqualPieces(of: result.count, step: 8192)
    WorkerPool.run(
      Dropping(
        words: words, scale: Element(1 / (1 - dropout.ratio)), pieces: pieces, values: values,
        result: target),
      count: pieces.count, threadLimit: arguments.threadLimit)
  }

  private struct Dropping: ParallelWork {
    let words: DropoutWords
    let scale: Element
    let pieces: EqualPieces
    let values: UnsafePointer<Element>
    let result: UnsafeMutablePointer<Element>

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    func run(index: Int, slot: Int) {
      let (first, count) = (pieces[index].lowerBound, pieces[index].count)
      var words = words
      words.first = UInt64(first)
      Element.dropout(count, words, scale: scale, values + first, result + first)
    }
  }
}

/// The residual passes where the element was kept.
public enum RandomDropoutRule: GradientRule {
  public static let operatorName = RandomDropout.name
  public static let domain = OperatorSet.mrdlDomain
  public static let backwardOperators: [any Operator.Type] = [RandomDropout.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(
      of: 0,
      to: step.add(RandomDropout.self, [residual, step.inputNames[1]], step.attributes))
  }
}
