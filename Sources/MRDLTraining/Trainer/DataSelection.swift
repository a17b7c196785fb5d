public import MRDLCore

/// Some samples of other data, in an order of their own.
public struct DataSelection<Base: TrainingData>: TrainingData {
  public let base: Base
  /// The samples, by their numbers in the base.
  public let indices: [Int]

  /// - Precondition: every index is that of a sample.
  public init(_ base: Base, indices: [Int]) {
    precondition(
      indices.allSatisfy { (0..<base.sampleCount).contains($0) }, "a sample that is not there")
    self.base = base
    self.indices = indices
  }

  public var sampleCount: Int { indices.count }
  public var inputShape: Shape { base.inputShape }
  public var targetShape: Shape? { base.targetShape }

  public func copyInput(ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>) {
    base.copyInput(ofSample: indices[index], epoch: epoch, into: &target)
  }

  public func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>) {
    base.copyTarget(ofSample: indices[index], into: &target)
  }

  public func label(ofSample index: Int) -> Int { base.label(ofSample: indices[index]) }

  public var labelShape: Shape { base.labelShape }

  public func copyLabels(ofSample index: Int, into target: inout MutableSpan<Int32>) {
    base.copyLabels(ofSample: indices[index], into: &target)
  }

  public var hasLengths: Bool { base.hasLengths }

  public func continues(atSample index: Int) -> Bool {
    index > 0 && indices[index - 1] + 1 == indices[index]
      && base.continues(atSample: indices[index])
  }

  public func length(ofSample index: Int) -> Int { base.length(ofSample: indices[index]) }

  public var weightShape: Shape? { base.weightShape }

  public func copyWeights(ofSample index: Int, into target: inout MutableSpan<Float>) {
    base.copyWeights(ofSample: indices[index], into: &target)
  }
}
