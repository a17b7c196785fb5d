internal import MRDLCore

/// The states that recurrent layers have left behind the last batch, a row for each of its samples.
///
/// Samples stand side by side in as many lanes as a batch has rows, and each lane goes through a part of the
/// data in its order.
final class StateCarrier {
  private let states: [CarriedState]
  /// [lanes, hidden size] each.
  let values: [Tensor]
  /// What a session begins with, by the number of samples of a batch.
  private var beginnings: [Int: [Tensor]] = [:]

  init(_ states: [CarriedState], laneCount: Int) {
    self.states = states
    values = states.map { Tensor(zeros: Shape([laneCount, $0.hiddenSize])) }
  }

  var stateCount: Int { states.count }

  /// The order in which the samples of an epoch are taken, so that a sample is as far behind the one before it
  /// as a batch is long.
  static func order(sampleCount: Int, laneCount: Int) -> [Int] {
    let (length, rest) = sampleCount.quotientAndRemainder(dividingBy: laneCount)
    var order: [Int] = []
    order.reserveCapacity(sampleCount)
    for step in 0..<(rest > 0 ? length + 1 : length) {
      // The first lanes are longer by one where the samples do not come out even.
      for lane in 0..<(step < length ? laneCount : rest) {
        order.append(lane * length + min(lane, rest) + step)
      }
    }
    return order
  }

  /// The first states of a batch: those that the last one left, or zeros.
  ///
  /// - Parameter continues: whether the sample of a row goes on from the one before it.
  func beginnings(sampleCount: Int, continues: (Int) -> Bool) -> [Tensor] {
    let tensors =
      beginnings[sampleCount]
      ?? states.map { Tensor(zeros: Shape($0.shape(batch: sampleCount) { $0 })) }
    beginnings[sampleCount] = tensors
    for (state, (tensor, value)) in zip(states, zip(tensors, values)) {
      let (target, source) = (
        tensor.mutablePointer(as: Float.self), value.mutablePointer(as: Float.self)
      )
      for row in 0..<sampleCount {
        let start = row * state.hiddenSize
        if continues(row) {
          (target + start).update(from: source + start, count: state.hiddenSize)
        } else {
          (target + start).update(repeating: 0, count: state.hiddenSize)
        }
      }
    }
    return tensors
  }

  /// Keeps what a layer has left.
  func keep(_ index: Int, _ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.assumingMemoryBound(to: Float.self).baseAddress else { return }
    values[index].mutablePointer(as: Float.self).update(
      from: source, count: bytes.count / MemoryLayout<Float>.stride)
  }
}
