package import MRDLCore
package import MRDLDatasets
internal import MRDLTraining

/// Series with a class each as samples of a trainer: [channels, steps], shorter ones padded by zeros at their end.
package struct SeriesSamples: TrainingData {
  private let elements: [LabelledSeries.Element]
  private let channelCount: Int
  private let stepCount: Int
  private let isBinary: Bool
  package let hasLengths: Bool

  /// - Parameters:
  ///   - stepCount: the length that all series are padded to.
  ///   - hasLengths: whether the model is told how long each of them is.
  ///   - isBinary: the target is the number 0 or 1, not that of a class.
  package init(
    _ elements: [LabelledSeries.Element], channelCount: Int, stepCount: Int, hasLengths: Bool,
    isBinary: Bool
  ) {
    precondition(elements.allSatisfy { $0.length <= stepCount }, "a series of more steps")
    self.elements = elements
    self.channelCount = channelCount
    self.stepCount = stepCount
    self.hasLengths = hasLengths
    self.isBinary = isBinary
  }

  package var sampleCount: Int { elements.count }
  package var inputShape: Shape { Shape([channelCount, stepCount]) }
  package var targetShape: Shape? { isBinary ? Shape([1]) : nil }

  package func label(ofSample index: Int) -> Int { elements[index].label }
  package func length(ofSample index: Int) -> Int { elements[index].length }

  package func copyInput(ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>) {
    elements[index].copy(padding: stepCount, into: &target)
  }

  package func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>) {
    target[0] = Float(elements[index].label)
  }
}
