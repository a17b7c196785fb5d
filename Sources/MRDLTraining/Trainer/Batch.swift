internal import MRDLCore
internal import MRDLNumerics

/// The inputs and targets of one run: memory that a session reads and that is written in place.
struct Batch: Sendable {
  let sampleCount: Int
  let inputs: Tensor
  let targets: Tensor
  /// The lengths of sequences, where they have some.
  let lengths: Tensor?
  /// What each sample or each part of its target counts, where they do not all count alike.
  let weights: Tensor?

  /// - Parameter data: tells the shapes.
  init(_ data: some TrainingData, sampleCount: Int) {
    let shape = TrainingDataShape(data)
    func tensor(_ sample: Shape, _ type: ScalarType) -> Tensor {
      Tensor(zeros: Shape([sampleCount] + sample.dimensions), scalarType: type)
    }
    self.sampleCount = sampleCount
    inputs = tensor(data.inputShape, .float32)
    targets = tensor(shape.targetShape, shape.targetType)
    lengths = shape.hasLengths ? tensor(.scalar, .int32) : nil
    weights = shape.weightShape.map { tensor($0, .float32) }
  }

  /// What the batch counts in means over several: its samples, or the sum of its weights.
  var total: Double {
    guard let weights else { return Double(sampleCount) }
    let values = weights.span(of: Float.self)
    return values.indices.reduce(0) { $0 + Double(values[$1]) }
  }

  /// Whether a target counts where each has a weight of its own.
  func counts(_ index: Int) -> Bool {
    guard let weights, weights.elementCount == targets.elementCount else { return true }
    return weights.span(of: Float.self)[index] > 0
  }

  /// Writes samples, which no session may be reading.
  ///
  /// - Precondition: there are as many as the batch holds.
  func fill(
    _ samples: ArraySlice<Int>, of data: some TrainingData, epoch: Int, threadLimit: Int
  ) {
    precondition(samples.count == sampleCount, "\(samples.count) samples for \(sampleCount)")
    let isSmall = inputs.elementCount < ProductBlocking.leastParallelWork
    WorkerPool.parallel(sampleCount, threadLimit: isSmall ? 1 : threadLimit) { position in
      fill(position, with: samples[samples.startIndex + position], of: data, epoch: epoch)
    }
  }

  private func fill(
    _ position: Int, with sample: Int, of data: some TrainingData, epoch: Int
  ) {
    write(position, to: inputs, as: Float.self) {
      data.copyInput(ofSample: sample, epoch: epoch, into: &$0)
    }
    if data.targetShape == nil {
      write(position, to: targets, as: Int32.self) {
        data.copyLabels(ofSample: sample, into: &$0)
      }
    } else {
      write(position, to: targets, as: Float.self) {
        data.copyTarget(ofSample: sample, into: &$0)
      }
    }
    if let lengths {
      lengths.mutablePointer(as: Int32.self)[position] = Int32(
        truncatingIfNeeded: data.length(ofSample: sample))
    }
    if let weights {
      write(position, to: weights, as: Float.self) {
        data.copyWeights(ofSample: sample, into: &$0)
      }
    }
  }

  /// Has what a tensor holds of one sample written.
  private func write<Element: TensorElement>(
    _ position: Int, to tensor: Tensor, as type: Element.Type,
    _ body: (inout MutableSpan<Element>) -> Void
  ) {
    let count = tensor.elementCount / max(sampleCount, 1)
    var span = MutableSpan(
      _unsafeStart: tensor.mutablePointer(as: type) + position * count, count: count)
    body(&span)
  }
}
