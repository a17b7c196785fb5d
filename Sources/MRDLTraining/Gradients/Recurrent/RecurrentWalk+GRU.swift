internal import MRDLNumerics

// Gated recurrent units: H = (1 − z) ∘ h + z ∘ H₋, gates in the order z, r and the candidate h.

extension RecurrentWalk.Run {
  private var isLinear: Bool { walk.isLinearGRU }

  func forwardGRU(_ step: Int, _ shard: Shard) {
    let first = step * batch + shard.first
    multiplyState(0, state(first), sums(first), in: shard)
    for sequence in shard.sequences where step < length(sequence) {
      let row = step * batch + sequence
      clip(sums(row), 2 * hidden)
      functions[0].apply(2 * hidden, sums(row), gates(row))
    }
    if isLinear {
      // The product of the candidate with the state, kept for the way back.
      multiplyState(
        1, state(first), extra(first), bias: b.map { $0 + width + 2 * hidden }, in: shard)
      for sequence in shard.sequences where step < length(sequence) {
        let row = step * batch + sequence
        let (sum, gate) = (sums(row), gates(row))
        for k in 0..<hidden { sum[2 * hidden + k] += gate[hidden + k] * extra(row)[k] }
      }
    } else {
      for sequence in shard.sequences {
        let row = step * batch + sequence
        for k in 0..<hidden {
          extra(row)[k] = step < length(sequence) ? gates(row)[hidden + k] * state(row)[k] : 0
        }
      }
      multiplyState(1, extra(first), sums(first) + 2 * hidden, in: shard)
    }
    for sequence in shard.sequences where step < length(sequence) {
      let row = step * batch + sequence
      let (sum, gate) = (sums(row) + 2 * hidden, gates(row) + 2 * hidden)
      clip(sum, hidden)
      functions[1].apply(hidden, sum, gate)
      let (z, before, after) = (gates(row), state(row), state(row + batch))
      for k in 0..<hidden { after[k] = (1 - z[k]) * gate[k] + z[k] * before[k] }
    }
  }

  func backwardGRU(_ step: Int, _ shard: Shard) {
    let first = step * batch + shard.first
    for sequence in shard.sequences where step < length(sequence) {
      let row = step * batch + sequence
      let (gate, ofInput, ofState) = (gates(row), inputResidual(row), stateSideResidual(row))
      let (dh, before) = (stateResidual(sequence), state(row))
      for k in 0..<hidden {
        ofInput[k] = dh[k] * (before[k] - gate[2 * hidden + k])
        ofInput[2 * hidden + k] = dh[k] * (1 - gate[k])
        // What is left passes to the state before the step.
        dh[k] *= gate[k]
      }
      let sum = sums(row) + 2 * hidden
      functions[1].back(
        hidden, sum, gate + 2 * hidden, ofInput + 2 * hidden, ofInput + 2 * hidden)
      clipResiduals(sum, ofInput + 2 * hidden, hidden)
      for k in 0..<hidden {
        ofState[2 * hidden + k] =
          isLinear
          ? ofInput[2 * hidden + k] * gate[hidden + k] : ofInput[2 * hidden + k]
      }
    }
    // The residual of the state, or of what the reset gate has left of it.
    multiplyResidual(
      1, stateSideResidual(first) + 2 * hidden, scratch(shard.first), in: shard)
    for sequence in shard.sequences where step < length(sequence) {
      let row = step * batch + sequence
      let (gate, ofInput, ofState) = (gates(row), inputResidual(row), stateSideResidual(row))
      let (dh, before) = (stateResidual(sequence), state(row))
      let passed = scratch(sequence)
      for k in 0..<hidden {
        if isLinear {
          ofInput[hidden + k] = ofInput[2 * hidden + k] * extra(row)[k]
          dh[k] += passed[k]
        } else {
          ofInput[hidden + k] = passed[k] * before[k]
          dh[k] += passed[k] * gate[hidden + k]
        }
      }
      functions[0].back(2 * hidden, sums(row), gate, ofInput, ofInput)
      clipResiduals(sums(row), ofInput, 2 * hidden)
      ofState.update(from: ofInput, count: 2 * hidden)
    }
    multiplyResidual(0, stateSideResidual(first), stateResidual(shard.first), in: shard)
  }
}
