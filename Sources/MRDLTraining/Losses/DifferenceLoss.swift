internal import MRDLCore
internal import MRDLOperators

/// A loss that is the sum of a function of each difference between prediction and target.
///
/// With the number of a class as target, the target is 1 for the class and 0 for the others. The sum over the
/// numbers of a sample is averaged over the batch.
protocol DifferenceLoss: LossOperator {
  /// What a difference adds to the loss.
  func value(_ difference: Double) -> Double
}

/// The residual of the predictions of a `DifferenceLoss`.
protocol DifferenceLossGradient: LossGradient {
  var reduction: LossReduction { get }
  /// The derivative of `value`.
  func slope(_ difference: Double) -> Double
}

extension DifferenceLoss {
  static var takesClasses: Bool { true }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let targets = LossTargets(request, first: 0)
    return try request.real(
      float32: DifferenceLossKernel<Self, Float>(loss: self, targets: targets),
      float64: DifferenceLossKernel<Self, Double>(loss: self, targets: targets))
  }
}

extension DifferenceLossGradient {
  static var takesClasses: Bool { true }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let targets = LossTargets(request, first: 1)
    return try request.real(
      1, float32: DifferenceLossGradientKernel<Self, Float>(loss: self, targets: targets),
      float64: DifferenceLossGradientKernel<Self, Double>(loss: self, targets: targets))
  }
}

private struct DifferenceLossKernel<Loss: DifferenceLoss, Element: RealElement>: Kernel {
  let loss: Loss
  let targets: LossTargets

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let predictions = arguments.input(0, as: Element.self)
    let weights =
      targets.weighting == nil
      ? UnsafeBufferPointer(start: nil, count: 0) : arguments.input(2, as: Element.self)
    var sum = 0.0
    if targets.classType == nil {
      let values = arguments.input(1, as: Element.self)
      for index in 0..<predictions.count {
        let value = loss.value(Double(predictions[index]) - Double(values[index]))
        sum +=
          weights.isEmpty
          ? value : value * Double(weights[targets.weightIndex(ofElement: index)])
      }
    } else {
      for row in 0..<targets.rowCount {
        let wanted = try targets.classIndex(arguments, input: 1, row: row)
        let start = targets.start(ofRow: row)
        var rowSum = 0.0
        for index in 0..<targets.classCount {
          rowSum += loss.value(
            Double(predictions[start + index * targets.placeCount]) - (index == wanted ? 1 : 0))
        }
        sum +=
          weights.isEmpty ? rowSum : rowSum * Double(weights[targets.weightIndex(ofRow: row)])
      }
    }
    let factor =
      loss.reduction.factor(sampleCount: targets.batchCount)
      * targets.weightFactor(arguments, input: 2, as: Element.self)
    arguments.output(0, as: Element.self)[0] = Element(sum * factor)
  }
}

private struct DifferenceLossGradientKernel<Loss: DifferenceLossGradient, Element: RealElement>:
  Kernel
{
  let loss: Loss
  let targets: LossTargets

  var inPlacePairs: [(input: Int, output: Int)] { [(1, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let factor =
      loss.reduction.factor(sampleCount: targets.batchCount)
      * targets.weightFactor(arguments, input: 3, as: Element.self)
    let whole = Double(arguments.input(0, as: Element.self)[0]) * factor
    let predictions = arguments.input(1, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    let weights =
      targets.weighting == nil
      ? UnsafeBufferPointer(start: nil, count: 0) : arguments.input(3, as: Element.self)
    if targets.classType == nil {
      let values = arguments.input(2, as: Element.self)
      for index in 0..<result.count {
        let slope = whole * loss.slope(Double(predictions[index]) - Double(values[index]))
        result[index] = Element(
          weights.isEmpty
            ? slope : slope * Double(weights[targets.weightIndex(ofElement: index)]))
      }
    } else {
      for row in 0..<targets.rowCount {
        let wanted = try targets.classIndex(arguments, input: 2, row: row)
        let start = targets.start(ofRow: row)
        let weight =
          weights.isEmpty ? whole : whole * Double(weights[targets.weightIndex(ofRow: row)])
        for index in 0..<targets.classCount {
          let place = start + index * targets.placeCount
          result[place] = Element(
            weight * loss.slope(Double(predictions[place]) - (index == wanted ? 1 : 0)))
        }
      }
    }
  }
}
