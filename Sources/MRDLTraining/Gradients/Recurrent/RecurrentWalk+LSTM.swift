internal import MRDLNumerics

// Long short-term memory: C = f ∘ C₋ + i ∘ c and H = o ∘ h(C), gates in the order i, o, f, c.

extension RecurrentWalk.Run {
  /// Whether a step is one that kernels have: sigmoid, tanh and tanh, and nothing else.
  var isUsualLSTM: Bool {
    walk.cell == .lstm(couplesForget: false) && p == nil && walk.clip == nil
      && functions[0].isSigmoid && functions[1].isTangent && functions[2].isTangent
  }

  func forwardLSTM(_ row: Int, _ coupled: Bool) {
    let (sum, gate) = (sums(row), gates(row))
    let (before, after) = (cell(row), cell(row + batch))
    if isUsualLSTM {
      Element.lstmForward(
        units: hidden, sums: sum, before: before, gates: gate, after: after, squashed: extra(row),
        state: state(row + batch))
      return
    }
    if let p {
      for k in 0..<hidden {
        sum[k] += p[k] * before[k]
        sum[2 * hidden + k] += p[2 * hidden + k] * before[k]
      }
    }
    clip(sum, hidden)
    clip(sum + 2 * hidden, 2 * hidden)
    functions[0].apply(hidden, sum, gate)
    if coupled {
      for k in 0..<hidden { gate[2 * hidden + k] = 1 - gate[k] }
    } else {
      functions[0].apply(hidden, sum + 2 * hidden, gate + 2 * hidden)
    }
    functions[1].apply(hidden, sum + 3 * hidden, gate + 3 * hidden)
    for k in 0..<hidden {
      after[k] = gate[2 * hidden + k] * before[k] + gate[k] * gate[3 * hidden + k]
    }
    if let p {
      for k in 0..<hidden { sum[hidden + k] += p[hidden + k] * after[k] }
    }
    clip(sum + hidden, hidden)
    functions[0].apply(hidden, sum + hidden, gate + hidden)
    functions[2].apply(hidden, after, extra(row))
    let h = state(row + batch)
    for k in 0..<hidden { h[k] = gate[hidden + k] * extra(row)[k] }
  }

  func backwardLSTM(_ row: Int, _ sequence: Int, _ coupled: Bool) {
    let (sum, gate, residual) = (sums(row), gates(row), inputResidual(row))
    let (before, after) = (cell(row), cell(row + batch))
    let (dh, dc) = (stateResidual(sequence), cellResidual(sequence))
    if isUsualLSTM {
      Element.lstmBackward(
        units: hidden, gates: gate, before: before, squashed: extra(row), dh: dh, dc: dc,
        dsums: residual)
      return
    }
    let scratch = scratch(sequence)
    let (output, forget, candidate) = (hidden, 2 * hidden, 3 * hidden)

    for k in 0..<hidden { residual[output + k] = dh[k] * extra(row)[k] }
    functions[0].back(
      hidden, sum + output, gate + output, residual + output, residual + output)
    clipResiduals(sum + output, residual + output, hidden)
    for k in 0..<hidden { scratch[k] = dh[k] * gate[output + k] }
    functions[2].back(hidden, after, extra(row), scratch, scratch)
    for k in 0..<hidden { dc[k] += scratch[k] }
    if let p {
      for k in 0..<hidden { dc[k] += residual[output + k] * p[hidden + k] }
    }

    for k in 0..<hidden {
      residual[k] = dc[k] * gate[candidate + k]
      residual[forget + k] = dc[k] * before[k]
      residual[candidate + k] = dc[k] * gate[k]
      dc[k] *= gate[forget + k]
    }
    if coupled {
      for k in 0..<hidden {
        residual[k] -= residual[forget + k]
        residual[forget + k] = 0
      }
    } else {
      functions[0].back(
        hidden, sum + forget, gate + forget, residual + forget, residual + forget)
      clipResiduals(sum + forget, residual + forget, hidden)
    }
    functions[0].back(hidden, sum, gate, residual, residual)
    clipResiduals(sum, residual, hidden)
    functions[1].back(
      hidden, sum + candidate, gate + candidate, residual + candidate, residual + candidate)
    clipResiduals(sum + candidate, residual + candidate, hidden)
    if let p {
      for k in 0..<hidden {
        dc[k] += residual[k] * p[k] + residual[forget + k] * p[2 * hidden + k]
      }
    }
  }
}
