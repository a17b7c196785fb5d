internal import MRDLCore

/// The recurrent layers of Keras, which are operators of ONNX with gates in another order.
package enum KerasRecurrentKind: String {
  case rnn = "RNN"
  case gru = "GRU"
  case lstm = "LSTM"

  init?(className: String) {
    switch className {
    case "SimpleRNN": self = .rnn
    case "GRU", "CuDNNGRU": self = .gru
    case "LSTM", "CuDNNLSTM": self = .lstm
    default: return nil
    }
  }

  /// The kind of a cell such as LSTMCell.
  init?(cellName: String) {
    guard cellName.hasSuffix("Cell") else { return nil }
    self.init(className: String(cellName.dropLast(4)))
  }

  /// For each gate of ONNX its place among those of Keras.
  package var gates: [Int] {
    switch self {
    case .rnn: [0]
    case .gru: [0, 1, 2]
    // Keras has i, f, c, o; ONNX i, o, f, c.
    case .lstm: [0, 3, 1, 2]
    }
  }
}

extension KerasRecurrentKind {
  /// The width of the states of a layer, whose weights must have it.
  func units(_ config: KerasObject, _ weights: [Tensor]) throws(MRDLError) -> Int {
    let units = try config.required("units")
    let width = units.multipliedReportingOverflow(by: gates.count).partialValue
    guard weights.count > 1, weights[0].shape.rank == 2, weights[0].shape[1] == width,
      weights[1].shape.dimensions == [units, width]
    else {
      throw MRDLError(
        .badKeras, "the weights of a layer do not fit its units",
        found: weights.first.map { "\($0.shape)" } ?? "nothing", expected: "[…, \(width)]")
    }
    return units
  }
}
