internal import MRDLCore
internal import MRDLNumerics

/// The inputs and targets of one step: memory that a session reads and that is written in place.
struct Batch {
  let sampleCount: Int
  let inputs: Tensor
  let targets: Tensor

  /// - Parameter data: tells the shapes.
  init(_ data: some TrainingData, sampleCount: Int) {
    self.sampleCount = sampleCount
    inputs = Tensor(zeros: Shape([sampleCount] + data.inputShape.dimensions))
    if let shape = data.targetShape {
      targets = Tensor(zeros: Shape([sampleCount] + shape.dimensions))
    } else {
      targets = Tensor(zeros: Shape([sampleCount]), scalarType: .int32)
    }
  }

  /// Writes samples, which no session may be reading.
  ///
  /// - Precondition: there are as many as the batch holds.
  func fill(
    _ samples: ArraySlice<Int>, of data: some TrainingData, epoch: Int, threadLimit: Int
  ) {
    precondition(samples.count == sampleCount, "\(samples.count) samples for \(sampleCount)")
    let inputCount = inputs.elementCount / max(sampleCount, 1)
    let targetCount = targets.elementCount / max(sampleCount, 1)
    let input = inputs.storage.base.assumingMemoryBound(to: Float.self)
    let target = targets.storage.base
    WorkerPool.parallel(sampleCount, threadLimit: threadLimit) { position in
      let sample = samples[samples.startIndex + position]
      var span = MutableSpan(
        _unsafeStart: input + position * inputCount, count: inputCount)
      data.copyInput(ofSample: sample, epoch: epoch, into: &span)
      if data.targetShape == nil {
        target.assumingMemoryBound(to: Int32.self)[position] = Int32(
          truncatingIfNeeded: data.label(ofSample: sample))
      } else {
        var span = MutableSpan(
          _unsafeStart: target.assumingMemoryBound(to: Float.self) + position * targetCount,
          count: targetCount)
        data.copyTarget(ofSample: sample, into: &span)
      }
    }
  }
}
