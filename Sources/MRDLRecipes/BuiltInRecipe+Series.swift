extension BuiltInRecipe {
  /// Networks for series, [channels, steps].
  static let series = [seriesCNN, seriesLSTM, forecast]

  /// Three convolutions over time and the mean over all of it (Wang, Yan and Oates, 2017), with fewer maps.
  private static let seriesCNN = BuiltInRecipe(
    name: "series-cnn",
    text: """
      {
        "name": "series-cnn",
        "description": "Convolutions over time, for series of one length with a class each",
        "layers": [
          {"kind": "conv", "filters": 32, "kernel": 7, "padding": "same", "bias": false},
          {"kind": "batch-norm"},
          {"kind": "activation", "function": "relu"},
          {"kind": "conv", "filters": 64, "kernel": 5, "padding": "same", "bias": false},
          {"kind": "batch-norm"},
          {"kind": "activation", "function": "relu"},
          {"kind": "conv", "filters": 32, "kernel": 3, "padding": "same", "bias": false},
          {"kind": "batch-norm"},
          {"kind": "activation", "function": "relu"},
          {"kind": "global-average-pool"},
          {"kind": "dense"},
          {"kind": "activation", "function": "softmax"}
        ],
        "initializer": "he",
        "loss": "cross-entropy",
        "optimizer": {"kind": "adamw", "rate": 0.003, "weight_decay": 0.01},
        "schedule": {"kind": "cosine"},
        "epochs": 200,
        "batch": 16,
        "seed": 1
      }
      """)

  /// A recurrent network (4-1) that reads a series in both directions.
  private static let seriesLSTM = BuiltInRecipe(
    name: "series-lstm",
    text: """
      {
        "name": "series-lstm",
        "description": "A bidirectional LSTM (4-1) for series of any lengths with a class each",
        "layers": [
          {"kind": "transpose"},
          {"kind": "lstm", "units": 32, "bidirectional": true},
          {"kind": "dropout", "rate": 0.2},
          {"kind": "dense"},
          {"kind": "activation", "function": "softmax"}
        ],
        "initializer": "glorot",
        "loss": "cross-entropy",
        "optimizer": {"kind": "adam", "rate": 0.01},
        "clipping": {"norm": 1.0},
        "schedule": {"kind": "cosine"},
        "epochs": 150,
        "batch": 16,
        "seed": 1
      }
      """)

  /// A recurrent network that forecasts a column of a table.
  ///
  /// Such networks learn short series by heart, some within ten epochs, so that training stops when the loss on the
  /// validation part, the last fifth of what is learned from, no longer falls. By that loss alone, on sunspots, airline
  /// passengers and sales of shampoo, 0.01 was chosen of four rates: it is better than 0.005 on each of them, which
  /// 0.02 is not. Half as many units are worse on two.
  private static let forecast = BuiltInRecipe(
    name: "forecast",
    text: """
      {
        "name": "forecast",
        "description": "A GRU that forecasts a column from its past, beside the seasonal-naive forecast",
        "data": {"forecast": {"window": 36, "horizon": 1, "season": 12, "differences": [1]}},
        "layers": [
          {"kind": "transpose"},
          {"kind": "gru", "units": 32},
          {"kind": "dense"}
        ],
        "initializer": "glorot",
        "loss": "quadratic",
        "optimizer": {"kind": "adam", "rate": 0.01},
        "clipping": {"norm": 1.0},
        "schedule": {"kind": "cosine"},
        "epochs": 150,
        "batch": 16,
        "validation": 0.2,
        "keep": "best",
        "early_stopping": {"patience": 20},
        "seed": 1
      }
      """)
}
