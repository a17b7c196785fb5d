/// The batches of one pass over data, in order.
struct BatchLoader<Data: TrainingData> {
  private let data: Data
  private let order: [Int]
  private let epoch: Int
  private let batchSize: Int
  private let stepSampleCount: Int
  private let threadLimit: Int
  private var position: Int
  /// Where the last batch begins.
  private var start: Int
  /// A full batch, and those for the rests of steps and epochs.
  private var batches: [Batch] = []

  /// - Parameters:
  ///   - order: the samples.
  ///   - first: how many of them are passed over.
  ///   - stepSampleCount: no batch reaches across a multiple of it.
  init(
    _ data: Data, order: [Int], first: Int, epoch: Int, batchSize: Int, stepSampleCount: Int,
    threadLimit: Int
  ) {
    self.data = data
    self.order = order
    self.epoch = epoch
    self.batchSize = batchSize
    self.stepSampleCount = stepSampleCount
    self.threadLimit = threadLimit
    position = first
    start = first
  }

  /// The next batch, whose memory is that of an earlier one; nil at the end.
  mutating func next() -> Batch? {
    guard position < order.count else { return nil }
    let stepEnd = (position / stepSampleCount + 1) * stepSampleCount
    let end = min(position + batchSize, stepEnd, order.count)
    let batch = batch(sampleCount: end - position)
    start = position
    batch.fill(order[position..<end], of: data, epoch: epoch, threadLimit: threadLimit)
    position = end
    return batch
  }

  /// Whether a sample of the last batch goes on from that in the same row of the batch before it.
  func continues(row: Int) -> Bool {
    let place = start + row
    return place >= batchSize && order[place] == order[place - batchSize] + 1
      && data.continues(atSample: order[place])
  }

  private mutating func batch(sampleCount: Int) -> Batch {
    if let batch = batches.first(where: { $0.sampleCount == sampleCount }) { return batch }
    let batch = Batch(data, sampleCount: sampleCount)
    batches.append(batch)
    return batch
  }
}
