/// The recurrent layers of Keras, which are operators of ONNX with gates in another order.
package enum KerasRecurrentKind: String {
  case rnn = "RNN"
  case gru = "GRU"
  case lstm = "LSTM"

  init?(className: String) {
    switch className {
    case "SimpleRNN": self = .rnn
    case "GRU": self = .gru
    case "LSTM": self = .lstm
    default: return nil
    }
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
