extension BuiltInRecipe {
  /// Networks for pictures.
  static let pictures = [lenet, lenetRelu, cnn, lstm, fineTune]

  /// The network of the source text: 28×28 → 6 maps → 12 maps → 10 classes, with sigmoid, mean pooling and the
  /// quadratic loss (3-8).
  private static let lenet = BuiltInRecipe(
    name: "lenet",
    text: """
      {
        "name": "lenet",
        "description": "The tutorial's convolutional network: sigmoid, mean pooling, quadratic loss",
        "layers": [
          {"kind": "conv", "filters": 6, "kernel": 5},
          {"kind": "activation", "function": "sigmoid"},
          {"kind": "average-pool", "size": 2},
          {"kind": "conv", "filters": 12, "kernel": 5},
          {"kind": "activation", "function": "sigmoid"},
          {"kind": "average-pool", "size": 2},
          {"kind": "flatten"},
          {"kind": "dense", "units": 10},
          {"kind": "activation", "function": "sigmoid"}
        ],
        "initializer": "glorot",
        "loss": "quadratic",
        "optimizer": {"kind": "sgd", "rate": 0.6, "momentum": 0.9},
        "schedule": {"kind": "cosine", "floor": 0.0},
        "epochs": 40,
        "batch": 16,
        "seed": 1,
        "validation": 0.05
      }
      """)

  /// The same network with batch normalisation, rectifiers, softmax and cross-entropy: 3,916 parameters.
  private static let lenetRelu = BuiltInRecipe(
    name: "lenet-relu",
    text: """
      {
        "name": "lenet-relu",
        "description": "The tutorial's network with batch normalisation, ReLU, softmax and cross-entropy",
        "layers": [
          {"kind": "conv", "filters": 6, "kernel": 5, "bias": false},
          {"kind": "batch-norm"},
          {"kind": "activation", "function": "relu"},
          {"kind": "average-pool", "size": 2},
          {"kind": "conv", "filters": 12, "kernel": 5, "bias": false},
          {"kind": "batch-norm"},
          {"kind": "activation", "function": "relu"},
          {"kind": "average-pool", "size": 2},
          {"kind": "flatten"},
          {"kind": "dense", "units": 10},
          {"kind": "activation", "function": "softmax"}
        ],
        "initializer": "he",
        "loss": "cross-entropy",
        "optimizer": {"kind": "sgd", "rate": 0.1, "momentum": 0.9},
        "regularization": {"l2": 0.0005},
        "schedule": {"kind": "cosine", "floor": 0.0},
        "epochs": 40,
        "batch": 64,
        "seed": 1,
        "validation": 0.05
      }
      """)

  /// 84,274 parameters.
  private static let cnn = BuiltInRecipe(
    name: "cnn",
    text: """
      {
        "name": "cnn",
        "description": "Three blocks of convolutions with batch normalisation, under 100,000 parameters",
        "augmentation": {"flip": true, "shift": 1},
        "layers": [
          {"kind": "conv", "filters": 24, "kernel": 3, "padding": "same", "bias": false},
          {"kind": "batch-norm"},
          {"kind": "activation", "function": "relu"},
          {"kind": "max-pool", "size": 2},
          {"kind": "conv", "filters": 40, "kernel": 3, "padding": "same", "bias": false},
          {"kind": "batch-norm"},
          {"kind": "activation", "function": "relu"},
          {"kind": "conv", "filters": 40, "kernel": 3, "padding": "same", "bias": false},
          {"kind": "batch-norm"},
          {"kind": "activation", "function": "relu"},
          {"kind": "max-pool", "size": 2},
          {"kind": "conv", "filters": 64, "kernel": 3, "padding": "same", "bias": false},
          {"kind": "batch-norm"},
          {"kind": "activation", "function": "relu"},
          {"kind": "conv", "filters": 64, "kernel": 3, "padding": "same", "bias": false},
          {"kind": "batch-norm"},
          {"kind": "activation", "function": "relu"},
          {"kind": "global-average-pool"},
          {"kind": "dropout", "rate": 0.1},
          {"kind": "dense"},
          {"kind": "activation", "function": "softmax"}
        ],
        "initializer": "he",
        "loss": "cross-entropy",
        "optimizer": {"kind": "adamw", "rate": 0.004, "weight_decay": 0.02},
        "schedule": {"kind": "cosine", "warm_up": 1},
        "epochs": 14,
        "batch": 64,
        "seed": 1,
        "validation": 0.05
      }
      """)

  /// The rows of a picture of 28×28 pixels as the steps of a sequence, (4-1) to (4-12).
  private static let lstm = BuiltInRecipe(
    name: "lstm",
    text: """
      {
        "name": "lstm",
        "description": "An LSTM (4-1) that reads a picture of 28 by 28 pixels row by row",
        "layers": [
          {"kind": "reshape", "shape": [28, 28]},
          {"kind": "lstm", "units": 128},
          {"kind": "dense"},
          {"kind": "activation", "function": "softmax"}
        ],
        "initializer": "glorot",
        "loss": "cross-entropy",
        "optimizer": {"kind": "adam", "rate": 0.001},
        "clipping": {"norm": 1.0},
        "schedule": {"kind": "cosine"},
        "epochs": 15,
        "batch": 64,
        "seed": 1,
        "validation": 0.05
      }
      """)

  /// An existing model, with a new last layer where there are other classes.
  private static let fineTune = BuiltInRecipe(
    name: "fine-tune",
    text: """
      {
        "name": "fine-tune",
        "description": "Goes on from the model that --set from.model=FILE names",
        "from": {"model": ""},
        "initializer": "glorot",
        "loss": "cross-entropy",
        "optimizer": {"kind": "adamw", "rate": 0.001, "weight_decay": 0.01},
        "schedule": {"kind": "cosine"},
        "epochs": 10,
        "batch": 32,
        "seed": 1,
        "validation": 0.1
      }
      """)
}
